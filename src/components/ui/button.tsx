import Link from "next/link";
import type { ComponentProps, MouseEvent } from "react";
import styles from "./button.module.css";

/** The main action, a second action, a small one among several, or one that looks like a link. */
type Look = "action" | "quiet" | "small" | "plain";

type Props = Omit<ComponentProps<"button">, "className" | "disabled"> & {
  look?: Look;
  /** The work is running: the label says so, and presses do nothing. */
  busy?: boolean;
  busyLabel?: string;
  /** The button must wait: presses do nothing. */
  waiting?: boolean;
};

/** A button that keeps its width, and its place in the tab order, while it is busy or waiting. */
export function Button({ look = "action", busy, busyLabel, waiting, onClick, children, ...rest }: Props) {
  const idle = !busy && !waiting;
  // aria-disabled, because a disabled button would lose the focus.
  const refuse = (event: MouseEvent) => event.preventDefault();
  return (
    <button
      type="button"
      {...rest}
      className={styles.button}
      data-look={look}
      aria-busy={busy || undefined}
      aria-disabled={!idle || undefined}
      onClick={idle ? onClick : refuse}
    >
      <span className={styles.label} data-hidden={busy && busyLabel !== undefined}>
        {children}
      </span>
      {busyLabel === undefined ? null : (
        <span className={styles.label} data-hidden={!busy}>
          {busyLabel}
        </span>
      )}
    </button>
  );
}

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function ButtonLink({ look = "action", children, ...rest }: ComponentProps<typeof Link> & { look?: Look }) {
  return (
    <Link {...rest} className={styles.button} data-look={look}>
      <span className={styles.label}>{children}</span>
    </Link>
  );
}
