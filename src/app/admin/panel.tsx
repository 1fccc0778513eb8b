import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { saveFile } from "@/components/save-file";
import styles from "./panel.module.css";
import { QueryState } from "./query-state";
import { type Question, Sql } from "./sql";
import { useFading } from "./use-fading";
import { useSteady } from "./use-steady";

type Props<T> = {
  title: string;
  /** A note if the panel differs from the page: "30 days". */
  about?: ReactNode;
  query: UseQueryResult<T, unknown>;
  /** The person's choice in the panel, if it has one. */
  choice?: string;
  /** The words for what the query loads. */
  what: string;
  /** The question whose SQL can be shown. */
  sql?: Question;
  /** The rows as a file. */
  csv?: { name: string; of: (data: T) => string };
  /** Wider than its neighbour, or as wide as the page. */
  wide?: boolean;
  full?: boolean;
  children: (data: T) => ReactNode;
};

/** One question of the dashboard and its answer. The answer does not change under the pointer. */
export function Panel<T>({ title, about, query, choice = "", what, sql, csv, wide, full, children }: Props<T>) {
  const id = useId();
  const [showsSql, showSql] = useState(false);
  const { shown, handlers } = useSteady(query.data, choice);
  const fades = useFading(query.isPlaceholderData, choice);
  return (
    <section
      aria-labelledby={id}
      className={styles.panel}
      data-width={full ? "full" : wide ? "wide" : undefined}
      {...handlers}
    >
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        <div className={styles.tools}>
          {about ? <span>{about}</span> : null}
          {csv && shown !== undefined ? (
            <button
              type="button"
              className={styles.tool}
              onClick={() => saveFile(`${csv.name}.csv`, "text/csv", csv.of(shown))}
            >
              CSV<span className="visually-hidden"> of {title}</span>
            </button>
          ) : null}
          {sql ? (
            <button
              type="button"
              className={styles.tool}
              aria-expanded={showsSql}
              aria-controls={`${id}-sql`}
              onClick={() => showSql(!showsSql)}
            >
              SQL<span className="visually-hidden"> of {title}</span>
            </button>
          ) : null}
        </div>
      </header>
      {sql ? <div id={`${id}-sql`}>{showsSql ? <Sql asked={sql} /> : null}</div> : null}
      <QueryState query={query} what={what} />
      {shown === undefined ? null : (
        <div className={styles.answer} aria-busy={fades}>
          {children(shown)}
        </div>
      )}
    </section>
  );
}
