import Link from "next/link";
import type { ReactNode, Ref } from "react";
import styles from "./frame.module.css";
import { KeyMark } from "./key-mark";

type Props = {
  /** Missing only on an error page that cannot know it. */
  appName?: string;
  /** A link in the corner. */
  aside?: ReactNode;
  /** The width of the column: for a form, or for reading. */
  width?: "form" | "reading";
  children: ReactNode;
};

/** The frame of a page: the app's name above, one column below. */
export function Frame({ appName, aside, width = "form", children }: Props) {
  return (
    <div className={styles.frame}>
      <header className={styles.masthead}>
        <Link href="/" className={styles.brand}>
          <KeyMark className={styles.mark} />
          {appName ?? "Start"}
        </Link>
        {aside ? <div className={styles.aside}>{aside}</div> : null}
      </header>
      <main className={styles.column} data-width={width}>
        {children}
      </main>
    </div>
  );
}

type LeadProps = {
  title: string;
  /** The heading's ref, for a change that takes the focused element away. */
  heading?: Ref<HTMLHeadingElement>;
  children?: ReactNode;
};

/** The page's title, and a sentence about it. */
export function Lead({ title, heading, children }: LeadProps) {
  return (
    <div className={styles.lead}>
      <h1 ref={heading} tabIndex={heading ? -1 : undefined}>
        {title}
      </h1>
      {children ? <p>{children}</p> : null}
    </div>
  );
}
