import { useMemo } from "react";
import { useSecondsSince } from "@/components/use-seconds-since";
import { problemOf } from "@/trpc/problem";

/** The problem of a mutation's error, and the seconds left to wait; null without an error, and after the wait. */
export function useRefusal(error: unknown) {
  const problem = useMemo(() => (error ? problemOf(error) : null), [error]);
  const wait = problem?.retryAfterSeconds;
  const elapsed = useSecondsSince(wait === undefined ? null : problem);
  if (!problem || (wait !== undefined && elapsed >= wait)) return null;
  return { problem, secondsLeft: wait === undefined ? 0 : wait - elapsed };
}
