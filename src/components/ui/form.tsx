"use client";

import { type ReactNode, useEffect, useRef } from "react";
import type { Faults } from "../faults";
import styles from "./form.module.css";
import { useOneAtATime } from "./use-one-at-a-time";

type Props = {
  /** Starts the work; until what it returns is settled, the form sends nothing more. */
  send: (data: FormData) => unknown;
  faults: Faults;
  children: ReactNode;
};

/** A native form that sends once, keeps what was typed, and leads to the first field at fault. */
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
      // For presses before the page is alive: React keeps them and replays them here. Later ones go through
      // onSubmit, since an action empties the form when it is done; so would the replay, but for onReset.
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

/** What the form holds, and which of several buttons was pressed: as React's replay tells it, too. */
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
