import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { counted } from "@/components/clock";
import { saveFile } from "@/components/save-file";
import { Button } from "@/components/ui/button";
import styles from "./list.module.css";
import { QueryState } from "./query-state";
import { type Column, csvOf, Table } from "./table";
import { rowsOf } from "./use-rows";

type Props<T> = {
  /** What the rows are, in words: "codes". */
  what: string;
  query: UseInfiniteQueryResult<{ pages: { items: T[]; nextCursor: string | null }[] }, unknown>;
  columns: readonly Column<T>[];
  keyOf: (row: T) => string | number;
  empty: ReactNode;
  /** What stands beside the number of rows. */
  children?: ReactNode;
};

/** A long list, page by page, with what is in sight as a file. Nothing moves in it by itself. */
export function List<T>({ what, query, columns, keyOf, empty, children }: Props<T>) {
  const rows = rowsOf(query);
  return (
    <>
      <div className={styles.bar}>
        <p role="status">
          {query.data
            ? `${query.hasNextPage ? "The newest " : ""}${counted(rows.length, what.replace(/s$/, ""), what)}`
            : null}
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
      <QueryState query={query} what={`the ${what}`} />
      {query.data ? <Table caption={what} columns={columns} rows={rows} keyOf={keyOf} empty={empty} /> : null}
      {query.hasNextPage ? (
        <p className={styles.more}>
          <Button
            look="small"
            busy={query.isFetchingNextPage}
            busyLabel="Looking…"
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </p>
      ) : null}
    </>
  );
}
