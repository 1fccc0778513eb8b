import { sql } from "drizzle-orm";
import { inBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { sessions } from "@/db/schema/sessions";
import { INVITATION_DAYS } from "./roles";
import { SESSION_ABSOLUTE_SECONDS, SESSION_IDLE_SECONDS } from "./sessions";

/** Deletes sessions past their idle or absolute limit. Safe to run twice, and by two at once. */
export function sweepSessions(db: Db): Promise<number> {
  return inBatches(async (batch) => {
    const ended = sql`select ctid from ${sessions}
      where last_seen_at < now() - make_interval(secs => ${SESSION_IDLE_SECONDS})
        or created_at < now() - make_interval(secs => ${SESSION_ABSOLUTE_SECONDS}) limit ${batch} for update skip locked`;
    return (await db.execute(sql`delete from ${sessions} where ctid = any(array(${ended})) returning 1`)).length;
  });
}

/**
 * Clears changes of address that were not confirmed in time, and reset links that nobody used: an address that is not
 * the account's, and digests that open nothing. Safe to run twice, and by two at once.
 */
export async function sweepPending(db: Db): Promise<number> {
  // A pending number has no expiry of its own; its code has.
  const noCode = sql`pending_phone is not null and not exists (select from otp_verifications o where o.user_id = a.id
    and o.purpose = 'phone-change' and o.phone = a.pending_phone and not o.is_verified and o.expires_at > now())`;
  const noEmail = sql`pending_email = null, pending_email_otp = null, pending_email_expiry = null`;
  const over = [
    { of: [users, demoUsers], when: sql`pending_email_expiry < now()`, cleared: noEmail },
    { of: [users], when: noCode, cleared: sql`pending_phone = null` },
    {
      of: [users, demoUsers],
      when: sql`reset_token_expiry < now()`,
      cleared: sql`reset_token = null, reset_token_expiry = null`,
    },
  ].flatMap(({ of, ...rest }) => of.map((table) => ({ table, ...rest })));
  let total = 0;
  for (const { table, when, cleared } of over)
    total += await inBatches(async (batch) => {
      const found = sql`select ctid from ${table} a where ${when} limit ${batch} for update skip locked`;
      return (await db.execute(sql`update ${table} set ${cleared} where ctid = any(array(${found})) returning 1`))
        .length;
    });
  return total;
}

/** How long an address that nobody has proven stays. */
const UNPROVEN_HOURS = 24;

/**
 * Locks some accounts that nobody has proven in 24 hours: they reserve nothing (design, "Account states").
 * Spared are those with a live link, an invitation that stands, or a code asked for within the last day, whose
 * guesses still count.
 */
export async function lockUnproven(tx: Tx, batch: number): Promise<{ accountType: "live" | "demo"; id: string }[]> {
  const stale = (columns: ReturnType<typeof sql>) => sql`not email_verified and ${columns} and not exists (
      select from otp_verifications o where o.email = a.email and o.created_at > now() - interval '25 hours')
    and a.created_at < now() - make_interval(hours => ${UNPROVEN_HOURS}) limit ${batch} for update skip locked`;
  const live = await tx.execute<{ id: string }>(
    sql`select id from users a where ${stale(sql`
    not phone_verified and (invited_at is null or invited_at < now() - make_interval(days => ${INVITATION_DAYS}))
      and not exists (select from email_verification_tokens t where t.user_id = a.id and t.used_at is null and t.expires_at > now())`)}`,
  );
  const demo = await tx.execute<{ id: string }>(sql`select id from demo_users a where ${stale(sql`true`)}`);
  return [
    ...live.map(({ id }) => ({ accountType: "live" as const, id })),
    ...demo.map(({ id }) => ({ accountType: "demo" as const, id })),
  ];
}
