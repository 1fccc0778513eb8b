"use client";

import { type ReactNode, useEffect, useRef } from "react";
import type { Faults } from "../faults";
import styles from "./form.module.css";
import { useOneAtATime } from "./use-one-at-a-time";

type Props = {
  /** Starts the work. The form sends nothing more until its promise settles. */
  send: (data: FormData) => unknown;
  faults: Faults;
  children: ReactNode;
};

/** A native form that sends once, keeps what was typed, and focuses the first field with a fault. */
export function Form({ send, faults, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const submit = useOneAtATime(send);

  useEffect(() => {
    if (Object.keys(faults.fields).length > 0) focusFirstFault(form.current);
  }, [faults]);

  return (
    <form
      ref={form}
      className={styles.form}
      noValidate
      // React keeps presses that come before hydration and replays them here. Later presses go through onSubmit,
      // because an action empties the form when it is done. onReset keeps the replay from doing so.
      action={submit}
      onReset={(event) => event.preventDefault()}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(dataOf(event.currentTarget, event.nativeEvent));
      }}
    >
      <noscript>
        <p className={styles.noscript}>This page needs JavaScript to send the form.</p>
      </noscript>
      {children}
    </form>
  );
}

/** The form's data, with the pressed button's value. React's replay of an early press has it, too. */
function dataOf(form: HTMLFormElement, event: Event): FormData {
  const data = new FormData(form);
  const pressed = event instanceof SubmitEvent ? event.submitter : null;
  if (pressed instanceof HTMLButtonElement && pressed.name) data.append(pressed.name, pressed.value);
  return data;
}

function focusFirstFault(form: HTMLFormElement | null) {
  const field = form?.querySelector<HTMLElement>("[aria-invalid='true']");
  const fold = field?.closest("details");
  if (fold) fold.open = true;
  field?.focus();
}
