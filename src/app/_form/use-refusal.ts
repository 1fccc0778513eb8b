import { useMemo } from "react";
import { useSecondsSince } from "@/components/use-seconds-since";
import { problemOf } from "@/trpc/problem";

/** What a mutation's error says, and the seconds still to wait; null without one, and once the wait is over. */
export function useRefusal(error: unknown) {
  const problem = useMemo(() => (error ? problemOf(error) : null), [error]);
  const wait = problem?.retryAfterSeconds;
  const elapsed = useSecondsSince(wait === undefined ? null : problem);
  if (!problem || (wait !== undefined && elapsed >= wait)) return null;
  return { problem, secondsLeft: wait === undefined ? 0 : wait - elapsed };
}
