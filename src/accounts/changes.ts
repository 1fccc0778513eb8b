import { eq, sql } from "drizzle-orm";
import { clearInBatches, pieces, texts } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, ownerColumnName, tableOf } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import type { Identifier } from "./identifier";

/** Notes the address that becomes the account's when it is proven. 001 keeps an email's digest and expiry too. */
export async function setPending(
  tx: Tx,
  { accountType, id }: Owner,
  pending: { email: string; digest: string; ttlSeconds: number } | { phone: string },
): Promise<void> {
  const table = tableOf(accountType);
  const values =
    "phone" in pending
      ? { pendingPhone: pending.phone }
      : {
          pendingEmail: pending.email,
          pendingEmailOtp: pending.digest,
          pendingEmailExpiry: sql`now() + make_interval(secs => ${pending.ttlSeconds})`,
        };
  await tx.update(table).set(values).where(eq(table.id, id));
}

const noEmailPending = { pendingEmail: null, pendingEmailOtp: null, pendingEmailExpiry: null };
/** Demo accounts have no phone. */
const nothingPending: Record<AccountType, typeof noEmailPending & { pendingPhone?: null }> = {
  live: { ...noEmailPending, pendingPhone: null },
  demo: noEmailPending,
};

/**
 * Replaces an account's address by a proven one, and ends every pending change.
 * @throws PostgreSQL's unique violation if another account has the address by now
 */
export async function changeAddress(
  tx: Tx,
  { accountType, id }: Owner,
  { channel, address }: Identifier,
): Promise<void> {
  const changed =
    channel === "email" ? { email: address, emailVerified: true } : { phoneNumber: address, phoneVerified: true };
  const table = tableOf(accountType);
  await tx
    .update(table)
    .set({ ...changed, ...nothingPending[accountType] })
    .where(eq(table.id, id));
}

/**
 * Forgets the pending changes of other accounts to these addresses, because the owner of the addresses is deleted. It
 * skips rows that are locked: waiting would block both transactions.
 * @param addresses any number, of one channel
 */
export async function forgetPending(
  tx: Tx,
  accountType: AccountType,
  channel: Channel,
  addresses: string[],
): Promise<void> {
  if (accountType === "demo" && channel === "sms") return;
  const table = tableOf(accountType);
  const [pending, asked, owner] =
    channel === "email"
      ? [sql`pending_email`, sql`email`, ownerColumnName[accountType]]
      : [sql`pending_phone`, sql`phone`, sql`user_id`];
  const cleared =
    channel === "email"
      ? sql`pending_email = null, pending_email_otp = null, pending_email_expiry = null`
      : sql`pending_phone = null`;
  // Found through the ledger, which has an index on addresses and a row for every pending change.
  for (const piece of pieces(addresses))
    await tx.execute(sql`update ${table} set ${cleared} where id in (
      select a.id from ${table} a where (a.id, a.${pending}) in (
        select o.${owner}, o.${asked} from otp_verifications o where o.${asked} = any(${texts(piece)}))
      for update skip locked)`);
}

/** Sets the password, and ends a reset link that could set another one. */
export async function setPassword(tx: Tx, { accountType, id }: Owner, password: string): Promise<void> {
  const table = tableOf(accountType);
  await tx.update(table).set({ password, resetToken: null, resetTokenExpiry: null }).where(eq(table.id, id));
}

const inSeconds = (seconds: number | null) =>
  seconds === null ? null : sql`now() + make_interval(secs => ${seconds})`;

/** Shows admins that an account is locked for this many seconds, or not locked (null). */
export async function setLockedUntil(tx: Tx, { accountType, id }: Owner, seconds: number | null): Promise<void> {
  const table = tableOf(accountType);
  await tx
    .update(table)
    .set({ lockedUntil: inSeconds(seconds) })
    .where(eq(table.id, id));
}

/** Shows admins that an account's codes are closed to strangers for this many seconds, or open (null). */
export async function setCodesClosedUntil(tx: Tx, { accountType, id }: Owner, seconds: number | null): Promise<void> {
  const table = tableOf(accountType);
  await tx
    .update(table)
    .set({ codesClosedUntil: inSeconds(seconds) })
    .where(eq(table.id, id));
}

/**
 * Clears expired changes of address and expired reset links: an address that is not the account's, and digests without
 * use. Safe to run twice, and by two at once.
 */
export async function sweepPending(db: Db): Promise<number> {
  // A pending number has no expiry of its own, so its code's expiry counts.
  const noCode = sql`pending_phone is not null and not exists (select from otp_verifications o where o.user_id = ${users.id}
    and o.purpose = 'phone-change' and o.phone = ${users.pendingPhone} and not o.is_verified and o.expires_at > now())`;
  const noEmail = sql`pending_email = null, pending_email_otp = null, pending_email_expiry = null`;
  const over = [
    { of: [users, demoUsers], when: sql`pending_email_expiry < now()`, cleared: noEmail },
    { of: [users], when: noCode, cleared: sql`pending_phone = null` },
    {
      of: [users, demoUsers],
      when: sql`reset_token is not null and reset_token_expiry < now()`,
      cleared: sql`reset_token = null, reset_token_expiry = null`,
    },
  ].flatMap(({ of, ...rest }) => of.map((table) => ({ table, ...rest })));
  let total = 0;
  for (const { table, when, cleared } of over) total += await clearInBatches(db, table, when, cleared);
  return total;
}
