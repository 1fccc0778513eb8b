import type { ReactNode } from "react";
import styles from "./sessions.module.css";

type Props = {
  /** What the browser and its device are called. */
  device: string;
  /** Whether it is the browser that shows this. */
  current: boolean;
  /** What else is known of it. */
  children: ReactNode;
  button: ReactNode;
};

/** A browser in the list of sessions or of devices, and the button that ends it. */
export function BrowserEntry({ device, current, children, button }: Props) {
  return (
    <li className={styles.session}>
      <div className={styles.about}>
        <p>
          {device} {current ? <span className={styles.current}>This browser</span> : null}
        </p>
        <p className={styles.meta}>{children}</p>
      </div>
      {button}
    </li>
  );
}
