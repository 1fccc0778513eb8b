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
 * Counts one request or guess against its IP address, before any other check, so that refusals count too.
 * @param attempt the name of the call in the record of a refusal
 * @param at what the call is about, if known: the address whose story gets the refusal; the guessed account, because
 * the caller's own is counted separately; the purpose of the code or link
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
 * The account at an address, for `limited`. It is looked up only if somebody is signed in, because it may be their own.
 * So neighbours at one IP address never lock out a step-up.
 */
export async function accountAt(
  subject: Identifier & { accountType: AccountType },
  { session }: Caller,
): Promise<{ id: string } | null> {
  return session?.accountType === subject.accountType ? findByAddress(db(), subject.accountType, subject) : null;
}
