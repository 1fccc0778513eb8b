import pino from "pino";
import { env } from "@/env";

let logger: pino.Logger | undefined;

/** One JSON line for each event. Callers pass no secrets, and mask addresses; redaction is the second defence. */
export function log(): pino.Logger {
  logger ??= makeLog(env().logLevel);
  return logger;
}

/** Makes a log. A test may pass its own `destination`. */
export function makeLog(level: string, destination?: pino.DestinationStream): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: ["code", "password", "token", "secret", "*.code", "*.password", "*.token", "*.secret"] },
    // Drizzle's messages hold the SQL and its parameters.
    serializers: { err: describeFault },
    // Pino copies the message of the error under this key into the line.
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

/** A fault's class, PostgreSQL's code and stack. A failed query's message is left out. */
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
    // The name `code` would be redacted.
    ...("code" in fault ? { errorCode: String(fault.code) } : {}),
    ...("constraint_name" in fault ? { constraint: String(fault.constraint_name) } : {}),
    ...(isQuery ? {} : { message: fault.message }),
    frames,
    cause,
  };
}
