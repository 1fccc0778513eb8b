import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, tableOf } from "@/db/owner";
import { INVITATION_DAYS } from "./roles";

/** How long an unproven account stays. */
const UNPROVEN_HOURS = 24;

/** The condition of an account that the sweep deletes. */
const isStale = (columns: SQL) => sql`not email_verified and ${columns} and not exists (
    select from otp_verifications o where o.email = a.email and o.created_at > now() - interval '25 hours')
  and a.created_at < now() - make_interval(hours => ${UNPROVEN_HOURS})`;

const stale = {
  live: isStale(sql`not phone_verified
    and (invited_at is null or invited_at < now() - make_interval(days => ${INVITATION_DAYS}))
    and not exists (select from email_verification_tokens t where t.user_id = a.id and t.used_at is null and t.expires_at > now())`),
  demo: isStale(sql`true`),
};

/**
 * A batch of accounts that nobody proved in 24 hours, by id. Accounts are kept that have a live link, a valid
 * invitation, or a code of the last day, because its guesses still count.
 * @param after the last id of the batch before, so that an account that cannot be deleted does not stop the sweep
 */
export async function findUnproven(db: Db, accountType: AccountType, after: string, batch: number): Promise<string[]> {
  const found = await db.execute<{ id: string }>(sql`select id from ${tableOf(accountType)} a
    where id > ${after} and ${stale[accountType]} order by id limit ${batch}`);
  return found.map(({ id }) => id);
}

/** Whether a found account is still to be deleted. If so, it is locked to the end of the transaction. */
export async function holdUnproven(tx: Tx, { accountType, id }: Owner): Promise<boolean> {
  const held = await tx.execute(sql`select from ${tableOf(accountType)} a
    where id = ${id} and ${stale[accountType]} for update skip locked`);
  return held.length === 1;
}
