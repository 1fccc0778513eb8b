import { and, eq, ne, not, or, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { type Owner, ownedBy, tableOf } from "@/db/owner";
import { otpVerifications as ledger, passcodes, emailVerificationTokens as tokens } from "@/db/schema/otp";
import { endDeviceLinks } from "./device-links";
import { isLive, superseded } from "./ledger";
import type { Registration } from "./store";
import { stores } from "./stores";
import { ofSubject, type Subject } from "./subject";

/**
 * Ends all open codes, links and reset tokens of an account and its addresses (SES-06, REC-02). The first proof of an
 * address, a change of address and a new password do so.
 * @param except the challenge that is being proven: its document keeps the row
 * @returns how many rows of code tables were deleted
 */
export async function endChallenges(tx: Tx, owner: Owner, addresses: Subject[], except?: number): Promise<number> {
  const theirs = or(
    ownedBy(ledger, owner),
    // Rows of an address that had no account yet when the code was asked for.
    ...addresses.map((subject) => ofSubject(subject)),
  );
  const others = and(theirs, except === undefined ? undefined : ne(ledger.sNo, except));
  await tx.update(ledger).set(superseded).where(and(others, isLive));
  // No store has older rows: no code or token lives for two hours.
  const recent: SQL = sql`${ledger.createdAt} > now() - interval '2 hours'`;
  const challenges = sql`select ${ledger.sNo} from ${ledger} where ${and(others, recent)}`;
  const account = tableOf(owner.accountType);
  await tx.update(account).set({ resetToken: null, resetTokenExpiry: null }).where(eq(account.id, owner.id));
  if (owner.accountType === "live")
    await tx.delete(tokens).where(and(eq(tokens.userId, owner.id), sql`${tokens.usedAt} is null`));
  await endDeviceLinks(tx, owner);
  let count = 0;
  for (const store of Object.values(stores)) count += await store.retire(tx, challenges, { next: null, real: true });
  return count;
}

/**
 * The registration on this account's unused passcode, if this browser made it (REC-02). Without an account the same
 * statement finds none (law 1).
 */
export async function registrationOf(
  tx: Tx,
  userId: string | null,
  browser: string | null,
): Promise<Registration | null> {
  if (browser === null) return null;
  const [row] = await tx
    .select({ passwordHash: passcodes.pendingPassword, name: passcodes.pendingName })
    .from(passcodes)
    .innerJoin(ledger, eq(ledger.sNo, passcodes.ledgerSNo))
    .where(and(sql`${passcodes.userId} = ${userId}`, eq(ledger.browser, browser), not(passcodes.isUsed)));
  return row?.passwordHash ? { passwordHash: row.passwordHash, name: row.name } : null;
}

/** Takes the registration off the passcode that was just spent: 003 keeps that row, and it must not keep the hash. */
export async function takeRegistration(tx: Tx, challenge: number): Promise<Registration | null> {
  const its = eq(passcodes.ledgerSNo, challenge);
  const [row] = await tx
    .select({ passwordHash: passcodes.pendingPassword, name: passcodes.pendingName })
    .from(passcodes)
    .where(its);
  await tx.update(passcodes).set({ pendingPassword: null, pendingName: null }).where(its);
  return row?.passwordHash ? { passwordHash: row.passwordHash, name: row.name } : null;
}
