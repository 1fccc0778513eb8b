import { TRPCClientError } from "@trpc/client";
import type { ErrorDetails } from "./errors";

/** A failure for a page to show: the server's reason, or that the server was not reached. */
export type Problem = Omit<ErrorDetails, "reason" | "fieldErrors"> & {
  reason: ErrorDetails["reason"] | "OFFLINE" | "UNKNOWN";
  fieldErrors: Record<string, string[]>;
};

/** Reads the error of a query or mutation. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof TRPCClientError)) return { reason: "UNKNOWN", fieldErrors: {} };
  // Our errorFormatter makes this. Without it the answer is not from our server.
  const data = error.data as ErrorDetails | null | undefined;
  if (!data) return { reason: "OFFLINE", fieldErrors: {} };
  return { ...data, fieldErrors: data.fieldErrors ?? {} };
}
