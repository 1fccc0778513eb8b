import { db } from "@/db/client";
import { type Counted, takeHit } from "@/limits/windows";
import type { Caller } from "./caller";
import { type Refusal, refuse } from "./outcome";

/**
 * Counts one request or guess against its address, before anything else is looked at, so that refusals count too.
 * @returns the refusal when the hour is used up.
 */
export async function limited(counted: Counted, from: Caller): Promise<Refusal | null> {
  const wait = await takeHit(db(), counted, from);
  return wait === null ? null : refuse("RATE_LIMITED", { retryAfterSeconds: wait });
}
