import { useId } from "react";
import type { AccountType } from "@/db/owner";
import styles from "./account-type-switch.module.css";
import { ACCOUNT_TYPES } from "./account-types";
import { choicesOf } from "./names";
import text from "./ui/text.module.css";

type Props = { defaultValue?: AccountType | undefined; hint?: string; onChoose?: (type: AccountType) => void };

/** Live or demo: native radios that look like one switch. */
export function AccountTypeSwitch({ defaultValue = "live", hint, onChoose }: Props) {
  const id = useId();
  return (
    <div role="radiogroup" aria-labelledby={`${id}-label`} aria-describedby={hint ? `${id}-hint` : undefined}>
      <p id={`${id}-label`} className={text.label}>
        Account type
      </p>
      <div className={styles.switch}>
        {choicesOf(ACCOUNT_TYPES).map(({ value, name }) => (
          <label key={value} className={styles.option}>
            <input
              type="radio"
              name="accountType"
              value={value}
              defaultChecked={value === defaultValue}
              onChange={() => onChoose?.(value)}
              className={styles.radio}
            />
            {name}
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
