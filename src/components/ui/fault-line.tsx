import type { ReactNode } from "react";
import styles from "./fault-line.module.css";

type Props = { id?: string; children?: ReactNode };

/** What went wrong, in words. It is in the page before it says anything, so that it is heard when it does. */
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
