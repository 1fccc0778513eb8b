import type { ReactNode, Ref } from "react";
import styles from "./section.module.css";

type Props = {
  /** What an address of the page may name after its #. */
  id: string;
  title: string;
  /** The heading, for what leaves the focus nowhere. */
  heading?: Ref<HTMLHeadingElement>;
  children: ReactNode;
};

/** A part of the account: its name beside what it holds, above it where there is no room. */
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

/** What a section holds, and at its edge the button that changes it. */
export function Row({ children, button }: { children: ReactNode; button: ReactNode }) {
  return (
    <div className={styles.row}>
      <div className={styles.value}>{children}</div>
      {button}
    </div>
  );
}

/** What a change came to. It is in the page before it says anything, so that it is heard when it does. */
export function StatusLine({ children }: { children: string }) {
  return (
    <p role="status" className={styles.said}>
      {children}
    </p>
  );
}
