import { type AccountType, findByAddress } from "@/accounts/accounts";
import type { Identifier } from "@/accounts/identifier";
import { db } from "@/db/client";
import { takeHit } from "@/limits/windows";
import type { Caller } from "./caller";
import { type Refusal, refuse } from "./outcome";

/**
 * Counts one request or guess against its address, before anything else is looked at, so that refusals count too.
 * @param target the account that is guessed at, where that is known: one's own is counted apart
 * @returns the refusal when the hour is used up.
 */
export async function limited(
  counted: "requests" | "guesses",
  from: Caller,
  target?: { id: string } | null,
): Promise<Refusal | null> {
  const ownAccount = target && target.id === from.session?.accountId ? target.id : undefined;
  const wait = await takeHit(db(), counted, { ipAddress: from.ipAddress, ownAccount });
  return wait === null ? null : refuse("RATE_LIMITED", { retryAfterSeconds: wait });
}

/**
 * The account at an address, for `limited`: asked for only where somebody is signed in, whose own it may be. So step-up
 * is never locked out by neighbours.
 */
export async function accountAt(
  subject: Identifier & { accountType: AccountType },
  { session }: Caller,
): Promise<{ id: string } | null> {
  return session?.accountType === subject.accountType ? findByAddress(db(), subject.accountType, subject) : null;
}
