import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { limitWindows } from "@/db/schema/limits";
import { env } from "@/env";
import { forget } from "@/keys";
import { giveBack, SMS_DAY, takeWindow } from "./windows";

/*
 * Text messages cost money, and the owner of a number gets part of it: attackers ask for codes to whole blocks of their
 * own numbers. So text messages have these limits besides those of every code. Email does not.
 *
 * A part of a block's hour and of the day is kept for known devices and live sessions (`smsKept`), so that strangers
 * cannot switch off their text messages. Known devices use the strangers' part first, while it has room.
 */

/** The first digits of a number, which name its block: numbers that are handed out together. */
const BLOCK_DIGITS = 7;
/** The prefix of the key of a block's window. */
const SMS_BLOCK = "sms-block ";

/** A block pauses if fewer than this share of its last messages, this many, were verified. */
const LOOKED_AT = 20;
const VERIFIED_SHARE = 0.2;
/** How long a block pauses. After the pause one message is tried. Minutes. */
const PAUSE_MINUTES = 30;

/** The rule that refuses a text message, and the seconds until one may be sent. */
export type SmsRefused = {
  rule: "text messages to one block" | "text messages of a day" | "a block that verifies nothing";
  retryAfterSeconds: number;
};

/** The block of a number in E.164: "+1415200" of "+14152001234". */
export const blockOf = (phone: string): string => phone.slice(0, 1 + BLOCK_DIGITS);

/**
 * Counts one ask in its block's hour, if there is room and the block is not paused. Decoys count too, or the last free
 * place would tell which numbers have an account. Call it in the transaction of the code, so that an ask that is
 * refused for another reason is not counted.
 * @param isKnown whether a known device or a live session of the account asks. Strangers' asks in its block do not
 * count against it (THR-10)
 */
export async function takeSms(tx: Tx, phone: string, isKnown: boolean): Promise<SmsRefused | null> {
  const block = blockOf(phone);
  const pause = await pauseOf(tx, block, isKnown);
  if (pause !== null) return { rule: "a block that verifies nothing", retryAfterSeconds: pause };
  const most = env().smsMost.blockHourly - env().smsKept.blockHourly;
  const wait = await takeWindow(tx, `${SMS_BLOCK}${block}`, most);
  const keptWait = wait !== null && isKnown ? await takeKept(tx, block, phone) : wait;
  if (wait === null || keptWait === null) return null;
  return { rule: "text messages to one block", retryAfterSeconds: Math.min(wait, keptWait) };
}

/**
 * Counts one ask in the kept part of a block's hour. One number gets at most all but one of its places, because the
 * owner of a number can make any number of browsers known.
 * @returns null, or the seconds until there is room
 */
async function takeKept(tx: Tx, block: string, phone: string): Promise<number | null> {
  const kept = env().smsKept.blockHourly;
  if (kept === 0) return 3600;
  const key = `${SMS_BLOCK}${block} known devices`;
  const wait = await takeWindow(tx, key, kept);
  if (wait !== null) return wait;
  // A digest, because the key outlives the request and the number need not be readable.
  const ownWait = await takeWindow(tx, `sms-number ${forget(phone)}`, Math.max(1, kept - 1));
  if (ownWait !== null) await giveBack(tx, key);
  return ownWait;
}

/**
 * Counts one notice by text message. Notices cost as much as codes, and the owner of an account can cause any number of
 * them: each sign-in without a device cookie sends one. They have their own window, so that codes and notices share
 * only the day. They go to owners of accounts, so they may use the kept part.
 * @param goesOut false for a decoy. A decoy waits as a notice does, but does not charge the day: else an attacker who
 * locks numbers without an account could use up the day and its kept part
 */
export async function takeSmsNotice(db: Db, phone: string, goesOut: boolean): Promise<SmsRefused | null> {
  const wait = await takeWindow(db, `${SMS_BLOCK}${blockOf(phone)} notices`, env().smsMost.blockHourly);
  if (wait !== null) return { rule: "text messages to one block", retryAfterSeconds: wait };
  if (await takeDay(db, { isKnown: true, goesOut })) return null;
  const [row] = await db.execute<{ wait: number }>(
    sql`select ceil(86400 - extract(epoch from now() at time zone 'UTC')::numeric % 86400)::int as wait`,
  );
  return { rule: "text messages of a day", retryAfterSeconds: Math.max(1, row?.wait ?? 3600) };
}

/**
 * The seconds of pause that are left if fewer than a fifth of the block's last twenty messages were verified. Messages
 * count that were sent in the last 24 hours and whose time to verify is over. Decoys do not count, so that nobody can
 * pause a block by asking for numbers without an account. Of strangers' unverified asks only purposes count that send
 * to every number: else a pause after the twentieth ask would tell whether its number has an account (ENU-03).
 */
async function pauseOf(db: Db | Tx, block: string, isKnown: boolean): Promise<number | null> {
  const [row] = await db.execute<{ sent: number; verified: number; wait: number }>(sql`
    select count(*)::int as sent, count(*) filter (where is_verified)::int as verified,
      ceil(extract(epoch from max(created_at) + make_interval(mins => ${PAUSE_MINUTES}) - now()))::int as wait
    from (select is_verified, created_at from otp_verifications
      where left(phone, 8) = ${block} and phone is not null and sent_at is not null and (device is not null) = ${isKnown}
        and created_at > now() - interval '24 hours'
        and (is_verified or expires_at <= now() and (${isKnown} or purpose in ('sign-up', 'phone-change')))
      order by created_at desc nulls last limit ${LOOKED_AT}) last`);
  if (!row || row.sent < LOOKED_AT || row.verified >= VERIFIED_SHARE * LOOKED_AT || row.wait <= 0) return null;
  return row.wait;
}

/** The key of the UTC day's row. Its `full` is when the strangers' part was used up, in seconds since 1970. */
const today = sql`${SMS_DAY}::text || (now() at time zone 'UTC')::date`;
const part = (name: "day" | "kept" | "full") => sql`(${limitWindows.hits} ->> ${sql.raw(`'${name}'`)})::bigint`;

/**
 * Charges the UTC day for a message that goes out. For a decoy the same statement adds nothing, so that nobody can
 * switch text messages off without sending any. Call it in the ask's transaction. It is exact under any concurrency.
 * @returns the rule that holds the message back, or null. The ask itself is never refused: a refusal would tell whether
 * the last message of the day went out, and so who has an account.
 */
export async function smsDayHolds(tx: Tx, how: { isKnown: boolean; goesOut: boolean }): Promise<HeldRule | null> {
  return (await takeDay(tx, how)) ? null : "text messages of a day";
}

/** Charges the day, if it has room. Known devices use the strangers' part first, and then the kept part. */
async function takeDay(db: Db | Tx, { isKnown, goesOut }: { isKnown: boolean; goesOut: boolean }): Promise<boolean> {
  const kept = env().smsKept.daily;
  const strangers = env().smsMost.daily - kept;
  const added = goesOut ? 1 : 0;
  const usedUp = (count: SQL) =>
    sql`case when ${count} >= ${strangers}::int then floor(extract(epoch from now()))::bigint end`;
  const taken = await db.execute(sql`
    insert into ${limitWindows} (key, hits)
    values (${today}, jsonb_strip_nulls(jsonb_build_object('day', ${added}::int, 'kept', 0, 'full', ${usedUp(sql`${added}::int`)})))
    on conflict (key) do update set updated_at = now(), hits = jsonb_strip_nulls(case
      when ${part("day")} < ${strangers}::int then jsonb_build_object('day', ${part("day")} + ${added}::int,
        'kept', coalesce(${part("kept")}, 0), 'full', ${usedUp(sql`${part("day")} + ${added}::int`)})
      else ${limitWindows.hits} || jsonb_build_object('kept', coalesce(${part("kept")}, 0) + ${added}::int) end)
    where ${part("day")} < ${strangers}::int or (${isKnown}::boolean and coalesce(${part("kept")}, 0) < ${kept}::int)
    returning 1`);
  return taken.length > 0;
}

/**
 * Until when text messages pause for strangers, or null. The pause is shown from the next full ten minutes after the
 * strangers' part of the day was used up. If it were shown at once, it would tell whether the last ask was for an
 * account.
 */
export async function smsPausedUntil(db: Db): Promise<Date | null> {
  if (env().smsCountries.length === 0) return null;
  const strangers = env().smsMost.daily - env().smsKept.daily;
  // Without `full` the limit was lowered since. Then the day counts as used up when it was last charged.
  const since = sql`coalesce(${part("full")}, floor(extract(epoch from ${limitWindows.updatedAt}))::bigint)`;
  const [row] = await db.execute<{ until: number }>(sql`
    select (extract(epoch from (now() at time zone 'UTC')::date + 1) * 1000)::float8 as until from ${limitWindows}
    where key = ${today} and ${part("day")} >= ${strangers}::int
      and extract(epoch from now()) >= (${since} / 600 + 1) * 600`);
  return row ? new Date(row.until) : null;
}
