import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { counted } from "@/components/clock";
import { Zone } from "@/components/local-time";
import { saveFile } from "@/components/save-file";
import { Button } from "@/components/ui/button";
import { count } from "./format";
import styles from "./list.module.css";
import { rowsOf } from "./paging";
import { QueryState } from "./query-state";
import { ShowMore } from "./show-more";
import { type Column, csvOf, Table } from "./table";

type Props<T> = {
  /** What the rows are, in words: "codes". */
  what: string;
  query: UseInfiniteQueryResult<{ pages: { items: T[]; nextCursor: string | null }[] }, unknown>;
  columns: readonly Column<T>[];
  keyOf: (row: T) => string | number;
  empty: ReactNode;
  /** Controls beside the number of rows. */
  children?: ReactNode;
};

/** A long list, page by page. The loaded rows can be saved as a file. Nothing in it moves by itself. */
export function List<T>({ what, query, columns, keyOf, empty, children }: Props<T>) {
  const rows = rowsOf(query);
  return (
    <>
      <div className={styles.bar}>
        <p role="status">
          {query.data ? countWords(what, rows.length, query.hasNextPage) : null}
          {rows.length > 0 ? <Zone /> : null}
        </p>
        <div className={styles.tools}>
          {children}
          {rows.length > 0 ? (
            <Button look="small" onClick={() => saveFile(`${what}.csv`, "text/csv", csvOf(columns, rows))}>
              Save as CSV
            </Button>
          ) : null}
          <Button
            look="small"
            busy={query.isFetching && !query.isFetchingNextPage}
            onClick={() => void query.refetch()}
          >
            Refresh
          </Button>
        </div>
      </div>
      {query.isFetchNextPageError ? null : <QueryState query={query} what={`the ${what}`} />}
      {query.data ? <Table caption={what} columns={columns} rows={rows} keyOf={keyOf} empty={empty} /> : null}
      <ShowMore query={query} what={`older ${what}`} />
    </>
  );
}

/** How many rows there are, or that there are older ones. The total is not counted: it may be millions. */
function countWords(what: string, rows: number, hasMore: boolean): string {
  if (hasMore) return `The newest ${count(rows)} ${what}; older ones can be shown below them. `;
  return rows === 0 ? `No ${what}` : `${counted(rows, what.replace(/ies$/, "y").replace(/s$/, ""), what)} in all. `;
}
