import Link from "next/link";
import type { ReactNode, Ref } from "react";
import styles from "./frame.module.css";
import { KeyMark } from "./key-mark";

type Props = {
  /** Left out only where an error page cannot know it. */
  appName?: string;
  /** The other way to go from here, in the corner. */
  aside?: ReactNode;
  /** How wide the column is: a form, or something to read. */
  width?: "form" | "reading";
  children: ReactNode;
};

/** A page for people: the name above, and one column below. */
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
  /** The heading, for what leaves the focus nowhere. */
  heading?: Ref<HTMLHeadingElement>;
  children?: ReactNode;
};

/** What the page is for, and a sentence about it. */
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
