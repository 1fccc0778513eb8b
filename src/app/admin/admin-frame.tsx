import Link from "next/link";
import type { ReactNode } from "react";
import { KeyMark } from "@/components/key-mark";
import { SignOut } from "../_session/sign-out";
import styles from "./admin-frame.module.css";
import { ClosingBar } from "./closing-bar";
import { type AdminPage, Nav } from "./nav";

type Props = {
  appName: string;
  here: AdminPage;
  /** How many seconds an admin's proofs are still good for. */
  secondsLeft: number;
  children: ReactNode;
};

/** The frame of an admin page: links to the others, and room for tables. */
export function AdminFrame({ appName, here, secondsLeft, children }: Props) {
  return (
    <div className={styles.frame}>
      <a href="#page" className={styles.skip}>
        Skip to the page
      </a>
      <header className={styles.side}>
        <Link href="/" className={styles.brand}>
          <KeyMark className={styles.mark} />
          {appName}
        </Link>
        <Nav here={here} />
        <div className={styles.own}>
          <Link href="/account">Your account</Link>
          <SignOut />
        </div>
      </header>
      <main id="page" tabIndex={-1} className={styles.main}>
        {children}
      </main>
      <ClosingBar secondsLeft={secondsLeft} served={Date.now()} />
    </div>
  );
}

type PageHeadProps = { title: string; note?: ReactNode; children?: ReactNode };

/** The title of an admin page, a note, and controls beside it. */
export function PageHead({ title, note, children }: PageHeadProps) {
  return (
    <div className={styles.head}>
      <div>
        <h1>{title}</h1>
        {note ? <p className={styles.note}>{note}</p> : null}
      </div>
      {children}
    </div>
  );
}
