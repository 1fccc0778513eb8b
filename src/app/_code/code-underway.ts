import type { Purpose } from "@/otp/policies";
import { caller } from "@/trpc/server";

/** What a page that asks for an address is given: the code that this browser has asked for already, if any. */
export async function codeUnderway(purpose: Purpose) {
  const api = await caller();
  const [challenge, { pausedUntil }] = await Promise.all([
    api.challenge.current({ purpose }),
    api.status.textMessages(),
  ]);
  return { challenge, smsPaused: pausedUntil !== null };
}
