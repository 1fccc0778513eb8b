import type { ReactNode } from "react";
import styles from "./fold.module.css";

type Props = { title: string; children: ReactNode };

/** A title that opens and closes its content. */
export function Fold({ title, children }: Props) {
  return (
    <details className={styles.fold}>
      <summary className={styles.title}>{title}</summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}
