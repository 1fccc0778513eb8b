import { type ComponentProps, type ReactNode, useId } from "react";
import { FaultLine } from "./fault-line";
import styles from "./field.module.css";
import text from "./text.module.css";

type Props = Omit<ComponentProps<"input">, "id" | "className"> & {
  label: string;
  name: string;
  hint?: string;
  fault?: string | undefined;
  /** What stands inside the box, after the text. */
  end?: ReactNode;
};

/** A labelled text box with its hint and its fault tied to it. */
export function Field({ label, hint, fault, end, ...input }: Props) {
  const id = useId();
  const hintId = `${id}-hint`;
  const faultId = `${id}-fault`;
  const describedBy = [hint && hintId, fault && faultId].filter(Boolean).join(" ");
  return (
    <div>
      <label htmlFor={id} className={text.label}>
        {label}
      </label>
      <div className={styles.box}>
        <input
          type="text"
          {...input}
          id={id}
          className={styles.input}
          aria-invalid={fault ? true : undefined}
          aria-describedby={describedBy || undefined}
        />
        {end}
      </div>
      <FaultLine id={faultId}>{fault}</FaultLine>
      {hint ? (
        <p id={hintId} className={text.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
