import type { Purpose } from "@/otp/policies";
import { caller } from "@/trpc/server";

/** For a page that asks for an address: this browser's open code, if any, and whether text messages are paused. */
export async function codeUnderway(purpose: Purpose) {
  const api = await caller();
  const [challenge, { pausedUntil }] = await Promise.all([
    api.challenge.current({ purpose }),
    api.status.textMessages(),
  ]);
  return { challenge, smsPaused: pausedUntil !== null };
}
