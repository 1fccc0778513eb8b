import type { UseQueryResult } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Button } from "@/components/ui/button";
import { FaultLine } from "@/components/ui/fault-line";
import { sentence } from "@/components/words";
import { problemOf } from "@/trpc/problem";
import { stepUpFrom } from "./links";
import styles from "./panel.module.css";

type Props = {
  query: Pick<UseQueryResult<unknown, unknown>, "data" | "error" | "isFetching"> & { refetch: () => unknown };
  what: string;
};

/** Says that a query is loading or has failed, and what to do then. It shows nothing once the data is there. */
export function QueryState({ query, what }: Props) {
  const router = useRouter();
  const problem = query.error ? problemOf(query.error) : null;
  const isOut = problem?.reason === "UNAUTHORIZED" || problem?.reason === "FORBIDDEN";
  useEffect(() => {
    // Signed out, or no longer an admin: the server redirects.
    if (isOut) router.refresh();
  }, [isOut, router]);

  if (problem?.reason === "STEP_UP_REQUIRED")
    return (
      <p role="alert" className={styles.state}>
        An hour has passed, or a day. <Link href={stepUpFrom()}>Prove that it is you once more</Link> to go on.
      </p>
    );
  if (problem)
    return (
      <div className={styles.state}>
        <FaultLine>{`${query.data === undefined ? "" : "These numbers are not the newest. "}${sentence(problem)}`}</FaultLine>
        <Button look="small" busy={query.isFetching} onClick={() => void query.refetch()}>
          Try again
        </Button>
      </div>
    );
  if (query.data !== undefined) return null;
  return (
    <p role="status" className={styles.state}>
      Looking up {what}…
    </p>
  );
}
