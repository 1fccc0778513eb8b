import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import styles from "./tiles.module.css";

export type Tile = {
  title: string;
  /** The number, in digits. */
  value: string;
  /** The rows behind it. */
  href: Route;
  note?: ReactNode;
  /** The note tells of something that got worse. */
  worse?: boolean;
};

type Props = {
  small?: boolean;
  /** The numbers, none of a title that another has. */
  of: readonly Tile[];
};

/** Numbers side by side: each with what it says, and the way to its rows. */
export function Tiles({ small, of }: Props) {
  return (
    <dl className={styles.tiles} data-small={small}>
      {of.map(({ title, value, href, note, worse }) => (
        <div key={title} className={styles.tile}>
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
      ))}
    </dl>
  );
}
