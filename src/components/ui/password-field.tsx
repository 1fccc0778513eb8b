"use client";

import { type ComponentProps, useState } from "react";
import { Field } from "./field";
import styles from "./password-field.module.css";

type Props = Omit<ComponentProps<typeof Field>, "type" | "end" | "autoCapitalize" | "spellCheck">;

/** A password that can be looked at while it is typed, and is never corrected. */
export function PasswordField(props: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      end={
        <button type="button" className={styles.toggle} onClick={() => setShown(!shown)}>
          {shown ? "Hide" : "Show"}
          <span className="visually-hidden"> password</span>
        </button>
      }
    />
  );
}
