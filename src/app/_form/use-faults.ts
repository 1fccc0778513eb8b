import { useMemo, useState } from "react";
import { type Faults, faultsOf, noFaults } from "@/components/faults";
import { useRefusal } from "./use-refusal";

/** The faults of a form: those that the page found, or else the server's refusal until its wait is over. */
export function useFaults(error: unknown, formFields: readonly string[]) {
  const [found, setFound] = useState<Faults | null>(null);
  const problem = useRefusal(error)?.problem;
  const told = useMemo(() => (problem ? faultsOf(problem, formFields) : noFaults), [problem, formFields]);
  return [found ?? told, setFound] as const;
}
