"use client";

import { type ClipboardEvent, type ReactNode, type RefObject, useId } from "react";
import { codeIn } from "./code";
import styles from "./code-field.module.css";
import { FaultLine } from "./ui/fault-line";
import text from "./ui/text.module.css";

declare module "react" {
  interface CSSProperties {
    /** How many digits the code field has room for. */
    "--places"?: number;
  }
}

type Props = { ref: RefObject<HTMLInputElement | null>; length: number; fault?: ReactNode };

/** The code field: one real text box, so that paste, autofill, undo and screen readers work. */
export function CodeField({ ref, length, fault }: Props) {
  const id = useId();
  const faultId = `${id}-fault`;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={text.label}>
        Verification code
      </label>
      <input
        ref={ref}
        id={id}
        name="code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        // biome-ignore lint/a11y/noAutofocus: the page asks for nothing else
        autoFocus
        className={styles.input}
        style={{ "--places": length + 1 }}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? faultId : undefined}
        onPaste={(event) => tidyPaste(event, length)}
      />
      <FaultLine id={faultId}>{fault}</FaultLine>
    </div>
  );
}

function tidyPaste(event: ClipboardEvent<HTMLInputElement>, length: number) {
  const code = codeIn(event.clipboardData.getData("text"), length);
  if (code === null) return;
  event.preventDefault();
  const input = event.currentTarget;
  const whole = code.length === length;
  const from = whole ? 0 : (input.selectionStart ?? 0);
  const to = whole ? input.value.length : (input.selectionEnd ?? from);
  input.setRangeText(code, from, to, "end");
}
