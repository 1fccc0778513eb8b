import { findByAddress } from "@/accounts/accounts";
import type { Identifier } from "@/accounts/identifier";
import { db } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { takeHit } from "@/limits/windows";
import type { Caller } from "./caller";
import { type Refusal, refuse } from "./outcome";
import { type Attempt, noteRefusal } from "./refusals";
import { ownSession } from "./turn";

/**
 * Counts one request or guess against its address, before anything else is looked at, so that refusals count too.
 * @param attempt what is refused when the hour is used up; it is written down
 * @param at whom it is about, where that is known: the address in whose story it stands, and the account that is
 * guessed at, since one's own is counted apart; the purpose of the code or link, where there is one
 * @returns the refusal when the hour is used up.
 */
export async function limited(
  counted: "requests" | "guesses",
  from: Caller,
  attempt: Attempt,
  at: { address?: string | null; account?: { id: string } | null; purpose?: string } = {},
): Promise<Refusal | null> {
  const ownAccount = ownSession(from, at.account ?? null)?.accountId;
  const wait = await takeHit(db(), counted, { ipAddress: from.ipAddress, ownAccount });
  if (wait === null) return null;
  await noteRefusal(from, attempt, `${counted} an hour from one IP`, at.address ?? null, at.purpose ?? null);
  return refuse("RATE_LIMITED", { retryAfterSeconds: wait });
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
