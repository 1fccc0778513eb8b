import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import styles from "./tiles.module.css";

export type Tile = {
  title: string;
  /** The number, in digits. */
  value: string;
  /** A link to the rows behind the number. */
  href: Route;
  note?: ReactNode;
  /** Whether the note says that something got worse. */
  worse?: boolean;
};

type Props = {
  small?: boolean;
  /** The numbers. Each title is unique. */
  of: readonly Tile[];
};

/** Numbers side by side, each with its title and a link to its rows. */
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
