import type { ReactNode } from "react";
import styles from "./fault-line.module.css";

type Props = { id?: string; children?: ReactNode };

/** What went wrong. The element is in the page before its text, so that screen readers announce the text. */
export function FaultLine({ id, children }: Props) {
  return (
    <p id={id} role="alert" className={styles.fault}>
      {children ? (
        <>
          <Mark />
          <span>{children}</span>
        </>
      ) : null}
    </p>
  );
}

function Mark() {
  return (
    <svg aria-hidden="true" className={styles.mark} viewBox="0 0 16 16" fill="none" stroke="currentColor">
      <circle cx="8" cy="8" r="6.75" strokeWidth="1.5" />
      <path d="M8 4.75v3.5M8 10.9v.1" strokeWidth="1.75" strokeLinecap="round" />
    </svg>
  );
}
