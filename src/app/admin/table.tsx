import type { ReactNode } from "react";
import { type CsvValue, toCsv } from "@/components/csv";
import { Scroll } from "./scroll";
import styles from "./table.module.css";

/** A column: its title, its value in a file, and its cell if that looks different. */
export type Column<T> = {
  title: string;
  value: (row: T) => CsvValue;
  cell?: (row: T) => ReactNode;
  /** Whether the column is only in the file, or only on the page. */
  only?: "file" | "page";
  /** Text aligns at the start, and prose can wrap. Numbers and times align at the end. */
  look?: "text" | "prose" | "number" | "mono";
};

type Props<T> = {
  /** What the table shows, for screen readers. */
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  /** Shown if there are no rows. */
  empty: ReactNode;
};

/** A table. If it is wider than the page, it scrolls by itself. */
export function Table<T>({ caption, columns: all, rows, keyOf, empty }: Props<T>) {
  const columns = all.filter(({ only }) => only !== "file");
  if (rows.length === 0) return <p className={styles.empty}>{empty}</p>;
  return (
    <Scroll caption={caption}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, look = "text" }) => (
              <th key={title} scope="col" data-look={look}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, look = "text", value, cell }) => (
                <td key={title} data-look={look}>
                  {cell ? cell(row) : (value(row) ?? "–")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** The rows of a table as a file. */
export function csvOf<T>(all: readonly Column<T>[], rows: readonly T[]): string {
  const columns = all.filter(({ only }) => only !== "page");
  return toCsv(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ value }) => value(row))),
  );
}
