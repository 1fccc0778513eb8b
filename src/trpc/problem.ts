import { TRPCClientError } from "@trpc/client";
import type { ErrorDetails } from "./errors";

/** What went wrong, as a page can tell it: the server's reason, or that the server was not reached. */
export type Problem = Omit<ErrorDetails, "reason" | "fieldErrors"> & {
  reason: ErrorDetails["reason"] | "OFFLINE" | "UNKNOWN";
  fieldErrors: Record<string, string[]>;
};

/** Reads a mutation's or query's error. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof TRPCClientError)) return { reason: "UNKNOWN", fieldErrors: {} };
  // The server's errorFormatter made this; without it the answer never came from there.
  const data = error.data as ErrorDetails | null | undefined;
  if (!data) return { reason: "OFFLINE", fieldErrors: {} };
  return { ...data, fieldErrors: data.fieldErrors ?? {} };
}
