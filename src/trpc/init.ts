import { setTimeout as sleep } from "node:timers/promises";
import { initTRPC } from "@trpc/server";
import { log } from "@/log";
import type { Context } from "./context";
import { detailsOf, insteadOf, isExpected, isFault } from "./errors";

/** `checks`: the procedure checks a code, a token or a password, so a batch may hold only one of its kind (THR-02). */
export type Meta = { checks?: "code" | "token" | "password" };

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false, // never a stack in an answer, in development either
    errorFormatter({ shape, error }) {
      const details = detailsOf(error);
      const { code, httpStatus, path } = shape.data;
      // The message is the reason: tRPC would copy the fault's own, SQL and parameters included (LOG-02).
      return { ...shape, message: details.reason, data: { code, httpStatus, path, ...details } };
    },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/**
 * A fault in a procedure is logged once, here, whoever called: a browser or a page being rendered. What goes on is
 * bare, because a page's caller throws it at Next, which prints it whole (LOG-01).
 */
const bareFaults = t.middleware(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok || !isFault(result.error)) return result;
  const { cause } = result.error;
  if (!isExpected(result.error))
    log().error({ requestId: ctx.requestId, procedure: path, err: cause ?? result.error }, "fault");
  return { ...result, error: insteadOf(result.error) };
});

/** Open to anyone. What a flow needs of the session, it checks itself. */
export const procedure = t.procedure.use(bareFaults);

/** Answers about an address leave at multiples of so many milliseconds after their request came. */
const BEAT = 25;

const onTheBeat = t.middleware(async ({ next }) => {
  const start = performance.now();
  const result = await next();
  await sleep(BEAT - ((performance.now() - start) % BEAT));
  return result;
});

/**
 * For whoever names an address. A real challenge is a row more than a decoy, and a row takes 0.2 ms: without the beat an
 * attacker tells the two apart by the answer's time in five of eight pairs, with it by none (ENU-02).
 */
export const addressed = procedure.use(onTheBeat);
