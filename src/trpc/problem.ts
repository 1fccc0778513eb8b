import { TRPCClientError } from "@trpc/client";
import type { ErrorDetails } from "./errors";

/** The server's reason, or that the server was not reached. */
export type Problem = Omit<ErrorDetails, "reason" | "fieldErrors"> & {
  reason: ErrorDetails["reason"] | "OFFLINE" | "UNKNOWN";
  fieldErrors: Record<string, string[]>;
};

/** The problem behind a query's or mutation's error. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof TRPCClientError)) return { reason: "UNKNOWN", fieldErrors: {} };
  // Our errorFormatter makes this: without it our server did not answer.
  const data = error.data as ErrorDetails | null | undefined;
  if (!data) return { reason: "OFFLINE", fieldErrors: {} };
  return { ...data, fieldErrors: data.fieldErrors ?? {} };
}
