import pino from "pino";
import { env } from "@/env";

let logger: pino.Logger | undefined;

/**
 * The structured log: one JSON line an event, to standard output. Nothing secret is ever passed to it;
 * addresses go through `maskAddress` first. Redaction below is the second lock on that door.
 */
export function log(): pino.Logger {
  logger ??= makeLog(env().logLevel);
  return logger;
}

/** A log of this kind; `destination` is standard output unless a test reads along. */
export function makeLog(level: string, destination?: pino.DestinationStream): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: ["code", "password", "token", "secret", "*.code", "*.password", "*.token", "*.secret"] },
    // Drizzle's messages hold the SQL and its parameters; a fault is told by its class and PostgreSQL's code.
    serializers: { err: describeFault },
    // Pino copies an error's message from under this key to the line's own; under `err` it must not.
    errorKey: "never",
    hooks: {
      logMethod([first, ...rest], method) {
        const isFault = (first as unknown) instanceof Error;
        method.apply(this, isFault ? [{ err: first }, ...rest] : [first, ...rest]);
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** What may be told of a fault: its class, PostgreSQL's code, the stack's frames, never its message when a query failed. */
export function describeFault(fault: unknown): Record<string, unknown> {
  if (!(fault instanceof Error)) return { type: typeof fault };
  const cause = fault.cause instanceof Error ? describeFault(fault.cause) : undefined;
  const isQuery = fault.message.startsWith("Failed query") || "severity" in fault;
  const frames = fault.stack
    ?.split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 8);
  return {
    type: fault.name,
    // Not `code`: that name is redacted.
    ...("code" in fault ? { errorCode: String(fault.code) } : {}),
    ...("constraint_name" in fault ? { constraint: String(fault.constraint_name) } : {}),
    ...(isQuery ? {} : { message: fault.message }),
    frames,
    cause,
  };
}
