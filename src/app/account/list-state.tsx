import type { UseQueryResult } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { sentence } from "@/components/words";
import { problemOf } from "@/trpc/problem";
import styles from "./section.module.css";

type Props = { query: UseQueryResult<unknown, unknown>; what: string };

/** Shown while a list is loading or after it failed. */
export function ListState({ query, what }: Props) {
  if (query.data !== undefined) return null;
  if (query.isError)
    return (
      <>
        <FaultLine>{sentence(problemOf(query.error))}</FaultLine>
        <p className={styles.again}>
          <Button look="small" busy={query.isFetching} onClick={() => void query.refetch()}>
            Try again
          </Button>
        </p>
      </>
    );
  return (
    <p role="status" className={styles.loading}>
      Looking up {what}…
    </p>
  );
}
