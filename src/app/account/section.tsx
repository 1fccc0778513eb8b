import type { ReactNode, Ref } from "react";
import styles from "./section.module.css";

type Props = {
  /** The name of the section in the page's address, after the #. */
  id: string;
  title: string;
  /** The heading's ref, for a change that takes the focused element away. */
  heading?: Ref<HTMLHeadingElement>;
  children: ReactNode;
};

/** A section of the account. Its title stands beside its content, or above it on a narrow screen. */
export function Section({ id, title, heading, children }: Props) {
  return (
    <section id={id} aria-labelledby={`${id}-title`} className={styles.section}>
      <h2 ref={heading} id={`${id}-title`} tabIndex={heading ? -1 : undefined} className={styles.title}>
        {title}
      </h2>
      <div className={styles.content}>{children}</div>
    </section>
  );
}

/** A section's content, and the button that changes it. */
export function Row({ children, button }: { children: ReactNode; button: ReactNode }) {
  return (
    <div className={styles.row}>
      <div className={styles.value}>{children}</div>
      {button}
    </div>
  );
}

/** The outcome of a change. The element is in the page before its text, so that screen readers announce the text. */
export function StatusLine({ children }: { children: string }) {
  return (
    <p role="status" className={styles.said}>
      {children}
    </p>
  );
}
