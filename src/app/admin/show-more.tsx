import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import styles from "./list.module.css";
import { QueryState } from "./query-state";

type Props = {
  query: Pick<
    UseInfiniteQueryResult<unknown, unknown>,
    "hasNextPage" | "isFetchingNextPage" | "isFetchNextPageError" | "isFetching" | "error" | "fetchNextPage"
  >;
  /** What comes next: "older codes". */
  what: string;
};

/** The button at the end of a list that loads older rows. It also shows the error if that fails. */
export function ShowMore({ query, what }: Props) {
  const { hasNextPage, isFetchNextPageError, isFetchingNextPage, isFetching, error, fetchNextPage } = query;
  if (!hasNextPage) return null;
  return (
    <div className={styles.more}>
      {isFetchNextPageError ? (
        <QueryState query={{ data: undefined, error, isFetching, refetch: fetchNextPage }} what={what} />
      ) : (
        <Button look="small" busy={isFetchingNextPage} busyLabel="Looking…" onClick={() => void fetchNextPage()}>
          Show {what}
        </Button>
      )}
    </div>
  );
}
