import { useId } from "react";
import styles from "./account-type.module.css";
import text from "./ui/text.module.css";

const types = [
  { value: "live", label: "Live" },
  { value: "demo", label: "Demo" },
] as const;

type Type = (typeof types)[number]["value"];

type Props = { defaultValue?: Type | undefined; hint?: string; onChoose?: (type: Type) => void };

/** Live or demo: native radios that look like one switch. */
export function AccountType({ defaultValue = "live", hint, onChoose }: Props) {
  const id = useId();
  return (
    <div role="radiogroup" aria-labelledby={`${id}-label`} aria-describedby={hint ? `${id}-hint` : undefined}>
      <p id={`${id}-label`} className={text.label}>
        Account type
      </p>
      <div className={styles.switch}>
        {types.map(({ value, label }) => (
          <label key={value} className={styles.option}>
            <input
              type="radio"
              name="accountType"
              value={value}
              defaultChecked={value === defaultValue}
              onChange={() => onChoose?.(value)}
              className={styles.radio}
            />
            {label}
          </label>
        ))}
      </div>
      {hint ? (
        <p id={`${id}-hint`} className={text.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
