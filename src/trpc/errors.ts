import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { ZodError } from "zod";
import type { Outcome, Reason, Refusal } from "@/flows/outcome";
import { Busy, HungUp } from "@/turns";

/** What a client may learn of an error, beside tRPC's own code and status. */
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

/** Carries a refusal through tRPC, which knows only errors. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

/** The only translator of what flows return: a value is passed on, a refusal is thrown as tRPC's error. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw refused(outcome);
}

/** A refusal as tRPC's error, for rules that hold before any flow runs. */
export function refused(refusal: Refusal): TRPCError {
  return new TRPCError({ code: codes[refusal.reason], message: refusal.reason, cause: new Refused(refusal) });
}

/**
 * PostgreSQL's and the driver's ways to say that the database is away, or has no room: no connection (53300), no disk
 * (53100), no memory (53200), a file that cannot be written (58030).
 */
const AWAY = /^(ECONN|CONNECT|57P0|08|53|58030)/;

const faults = ["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"];

/** Whether an error is a fault of ours: neither a refusal nor bad input. */
export const isFault = (error: TRPCError): boolean => faults.includes(error.code) && !(error.cause instanceof Refused);

/** Whether a fault is none to look into: too many at once, or nobody there any more to be answered. */
export const isExpected = ({ cause }: TRPCError): boolean => cause instanceof Busy || cause instanceof HungUp;

/** What goes on to the caller in a fault's place: bare, or the refusal that it stands for. */
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

/** What may be told of an error. Whatever is no refusal and no bad input is a fault, and tells nothing (LOG-02). */
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

/** Messages by field; what concerns no known field stands under the unknown field's own name, or under "input". */
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
