import { useMemo, useState } from "react";
import { type Faults, faultsOf, noFaults } from "@/components/faults";
import { problemOf } from "@/trpc/problem";

/** What is wrong with a form: first what the page found by itself, else why the server refused. */
export function useFaults(error: unknown, formFields: readonly string[]) {
  const [found, setFound] = useState<Faults | null>(null);
  const told = useMemo(() => (error ? faultsOf(problemOf(error), formFields) : noFaults), [error, formFields]);
  return [found ?? told, setFound] as const;
}
