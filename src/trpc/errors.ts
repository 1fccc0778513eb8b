import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { ZodError } from "zod";
import type { Outcome, Reason, Refusal } from "@/flows/outcome";
import { Busy, HungUp } from "@/turns";

/** What a client may know of an error, beside its code and status. */
export type ErrorDetails = Partial<Pick<Refusal, "retryAfterSeconds" | "attemptsRemaining" | "fieldErrors">> & {
  reason: Reason | "INTERNAL";
};

const codes: Record<Reason, TRPC_ERROR_CODE_KEY> = {
  INVALID_CODE: "BAD_REQUEST",
  TOO_MANY_ATTEMPTS: "TOO_MANY_REQUESTS",
  COOLDOWN: "TOO_MANY_REQUESTS",
  RATE_LIMITED: "TOO_MANY_REQUESTS",
  BUSY: "SERVICE_UNAVAILABLE",
  INVALID_CREDENTIALS: "UNAUTHORIZED",
  INVALID_TOKEN: "BAD_REQUEST",
  PASSWORD_TOO_SHORT: "BAD_REQUEST",
  PASSWORD_TOO_LONG: "BAD_REQUEST",
  PASSWORD_COMMON: "BAD_REQUEST",
  TAKEN: "CONFLICT",
  STEP_UP_REQUIRED: "FORBIDDEN",
  CROSS_SITE: "FORBIDDEN",
  BAD_REQUEST: "BAD_REQUEST",
  UNAUTHORIZED: "UNAUTHORIZED",
  FORBIDDEN: "FORBIDDEN",
  NOT_FOUND: "NOT_FOUND",
};

/** tRPC handles only errors. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

/** The only translator of outcomes: returns the value, or throws the refusal as a TRPCError. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw refused(outcome);
}

/** Makes a TRPCError, for rules that apply before a flow runs. */
export function refused(refusal: Refusal): TRPCError {
  return new TRPCError({ code: codes[refusal.reason], message: refusal.reason, cause: new Refused(refusal) });
}

/** The database is away, or lacks connections (53300), disk (53100), memory (53200) or files (58030). */
const AWAY = /^(ECONN|CONNECT|57P0|08|53|58030)/;

const faults = ["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"];

/** Whether an error is our fault: neither a refusal nor bad input. */
export const isFault = (error: TRPCError): boolean => faults.includes(error.code) && !(error.cause instanceof Refused);

/** Whether a fault needs no log entry. */
export const isExpected = ({ cause }: TRPCError): boolean => cause instanceof Busy || cause instanceof HungUp;

/** What the caller gets instead of a fault: a refusal, or an error without details. */
export function insteadOf(fault: TRPCError): TRPCError {
  if (fault.cause instanceof Busy) {
    const { retryAfterSeconds } = fault.cause;
    return refused({ ok: false, reason: "BUSY", retryAfterSeconds });
  }
  if (fault.cause instanceof HungUp) return new TRPCError({ code: "CLIENT_CLOSED_REQUEST", message: "INTERNAL" });
  return new TRPCError({ code: isAway(fault) ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR", message: "INTERNAL" });
}

function isAway(fault: Error): boolean {
  if ("code" in fault && AWAY.test(String(fault.code))) return true;
  return fault.cause instanceof Error && isAway(fault.cause);
}

/** The details of an error for the client. A fault has only its reason (LOG-02). */
export function detailsOf(error: TRPCError): ErrorDetails {
  if (error.cause instanceof Refused) {
    const { ok: _, ...details } = error.cause.refusal;
    return details;
  }
  if (error.cause instanceof ZodError) return { reason: "BAD_REQUEST", fieldErrors: fieldErrorsOf(error.cause) };
  switch (error.code) {
    case "INTERNAL_SERVER_ERROR":
    case "SERVICE_UNAVAILABLE":
    case "CLIENT_CLOSED_REQUEST":
      return { reason: "INTERNAL" };
    case "NOT_FOUND":
    case "UNAUTHORIZED":
    case "FORBIDDEN":
      return { reason: error.code };
    default:
      return { reason: "BAD_REQUEST", fieldErrors: {} };
  }
}

/** Messages by field, unknown fields included. Without a field they stand under "input". */
function fieldErrorsOf(error: ZodError): Record<string, string[]> {
  const fields = Object.create(null) as Record<string, string[]>; // no prototype: a field may be called "__proto__"
  for (const issue of error.issues) {
    const names = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 10) : [String(issue.path[0] ?? "input")];
    for (const name of names) {
      fields[name] ??= [];
      fields[name].push(issue.code === "unrecognized_keys" ? "This field is not known." : issue.message);
    }
  }
  return { ...fields };
}
