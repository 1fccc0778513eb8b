import { setTimeout as sleep } from "node:timers/promises";
import { initTRPC } from "@trpc/server";
import { log } from "@/log";
import type { Context } from "./context";
import { detailsOf, insteadOf, isExpected, isFault } from "./errors";

/** A batch may hold only one procedure that checks something (THR-02). */
export type Meta = { checks?: "code" | "token" | "password" };

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false, // no stack in an answer, not even in development
    errorFormatter({ shape, error }) {
      const details = detailsOf(error);
      const { code, httpStatus, path } = shape.data;
      // tRPC would send the fault's message, with SQL and parameters (LOG-02).
      return { ...shape, message: details.reason, data: { code, httpStatus, path, ...details } };
    },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/**
 * Logs a procedure's fault once. Its cause is not passed on, because Next would print it for a rendered page (LOG-01).
 */
const bareFaults = t.middleware(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok || !isFault(result.error)) return result;
  const { cause } = result.error;
  if (!isExpected(result.error))
    log().error({ requestId: ctx.requestId, procedure: path, err: cause ?? result.error }, "fault");
  return { ...result, error: insteadOf(result.error) };
});

/** For anyone. The flow checks what it needs of the session. */
export const procedure = t.procedure.use(bareFaults);

/** Answers about an address leave at multiples of this. Milliseconds. */
const BEAT = 25;

const onTheBeat = t.middleware(async ({ next }) => {
  const start = performance.now();
  const result = await next();
  await sleep(BEAT - ((performance.now() - start) % BEAT));
  return result;
});

/**
 * For a procedure that names an address. A real challenge takes 0.2 ms more than a decoy. Without the beat an attacker
 * told them apart in five of eight pairs, with it in none (ENU-02).
 */
export const addressed = procedure.use(onTheBeat);
