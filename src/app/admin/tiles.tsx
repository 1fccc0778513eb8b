import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import styles from "./tiles.module.css";

type TileProps = {
  title: string;
  /** The number, in digits. */
  value: string;
  /** The rows behind it. */
  href: Route;
  note?: ReactNode;
  /** The note tells of something that got worse. */
  worse?: boolean;
};

/** One number, what it says, and the way to its rows. */
export function Tile({ title, value, href, note, worse }: TileProps) {
  return (
    <div className={styles.tile}>
      <dt className={styles.title}>{title}</dt>
      <dd className={styles.value}>
        <Link href={href}>
          {value}
          <span className="visually-hidden">: see the rows of {title}</span>
        </Link>
      </dd>
      {note ? (
        <dd className={styles.note} data-worse={worse}>
          {note}
        </dd>
      ) : null}
    </div>
  );
}

/** Numbers side by side. */
export function Tiles({ small, children }: { small?: boolean; children: ReactNode }) {
  return (
    <dl className={styles.tiles} data-small={small}>
      {children}
    </dl>
  );
}
