"use client";

import { type ComponentProps, useEffect, useRef, useState } from "react";
import { Field } from "./field";
import styles from "./password-field.module.css";

type Props = Omit<ComponentProps<typeof Field>, "type" | "end" | "autoCapitalize" | "spellCheck">;

/** A password field that can show its text, hides it when the form is sent, and is never autocorrected. */
export function PasswordField(props: Props) {
  const [shown, setShown] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const form = input.current?.form;
    const hide = () => setShown(false);
    form?.addEventListener("submit", hide);
    return () => form?.removeEventListener("submit", hide);
  }, []);

  return (
    <Field
      {...props}
      ref={input}
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
