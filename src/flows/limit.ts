import { type AccountType, findByAddress } from "@/accounts/accounts";
import type { Identifier } from "@/accounts/identifier";
import { db } from "@/db/client";
import { type Counted, takeHit } from "@/limits/windows";
import type { Caller } from "./caller";
import { type Refusal, refuse } from "./outcome";

/**
 * Counts one request or guess against its address, before anything else is looked at, so that refusals count too.
 * @param target the account that is guessed at, where that is known: one's own is counted apart
 * @returns the refusal when the hour is used up.
 */
export async function limited(counted: Counted, from: Caller, target?: { id: string } | null): Promise<Refusal | null> {
  const ownAccount = target && target.id === from.session?.accountId ? target.id : undefined;
  const wait = await takeHit(db(), counted, { ipAddress: from.ipAddress, ownAccount });
  return wait === null ? null : refuse("RATE_LIMITED", { retryAfterSeconds: wait });
}

/** The caller's own account, if it is the one at this address: step-up is never locked out by neighbours. */
export async function ownAccountAt(
  subject: Identifier & { accountType: AccountType },
  { session }: Caller,
): Promise<{ id: string } | null> {
  if (session?.accountType !== subject.accountType) return null;
  const account = await findByAddress(db(), subject.accountType, subject);
  return account?.id === session.accountId ? account : null;
}
