import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { HeldRule } from "@/db/held";
import { limitWindows } from "@/db/schema/limits";
import { env } from "@/env";
import { forget } from "@/keys";
import { giveBack, SMS_DAY, takeWindow } from "./windows";

/*
 * Text messages cost money, and some of it reaches whoever owns the numbers: attackers ask for codes to whole blocks of
 * them. So besides the limits of every code, text messages have these. Email goes on.
 *
 * Of a block's hour and of the day a part is kept for known devices and live sessions (`smsKept`), so that strangers
 * cannot switch text messages off for them. Known ones take from the strangers' part first, while there is room.
 */

/** Numbers that are handed out together: the first digits of one. */
const BLOCK_DIGITS = 7;
/** What the key of a block's window begins with. */
const SMS_BLOCK = "sms-block ";

/** So many messages of a block are looked at, and so many of them must have been verified. */
const LOOKED_AT = 20;
const VERIFIED_SHARE = 0.2;
/** For so long a block is left alone then; after it one message tries anew. Minutes. */
const PAUSE_MINUTES = 30;

/** Why a text message is refused, and the seconds until one may be sent. */
export type SmsRefused = {
  rule: "text messages to one block" | "text messages of a day" | "a block that verifies nothing";
  retryAfterSeconds: number;
};

/** The block of a number in E.164: "+1415200" of "+14152001234". */
export const blockOf = (phone: string): string => phone.slice(0, 1 + BLOCK_DIGITS);

/**
 * Counts one ask in its block's hour, if there is room, and if the block's last messages came to something. Every ask
 * counts, decoys too, or the last free place would tell which numbers have an account. In the transaction of its code, so
 * that one that is refused for another reason is not counted.
 * @param isKnown whether a known device or a live session of the account asks: what strangers ask for in its block is
 * not held against it (THR-10)
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
 * Counts one ask in the kept part of a block's hour. One number uses up at most all but one place of it: whoever owns a
 * number makes known devices of as many browsers as they like.
 * @returns null, or the seconds until there is room
 */
async function takeKept(tx: Tx, block: string, phone: string): Promise<number | null> {
  const kept = env().smsKept.blockHourly;
  if (kept === 0) return 3600;
  const key = `${SMS_BLOCK}${block} known devices`;
  const wait = await takeWindow(tx, key, kept);
  if (wait !== null) return wait;
  // Under a digest: these keys outlive the request, and nobody needs to read the number there.
  const ownWait = await takeWindow(tx, `sms-number ${forget(phone)}`, Math.max(1, kept - 1));
  if (ownWait !== null) await giveBack(tx, key);
  return ownWait;
}

/**
 * Counts one text message that no ask was counted for: a notice. Whoever has an account can bring them about at will
 * (each sign-in without a device cookie is one), and they cost what codes cost. In a window of their own, so that codes
 * and notices use up nothing of each other's but the day. They go to owners of accounts, so the kept part is theirs too.
 * @param goesOut false for a decoy: it waits where a notice would, and charges the day nothing. Else whoever locks numbers
 * that have no account would use up the day, and what is kept of it
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
 * Whether fewer than a fifth of the block's last twenty messages were verified: those that were sent, in 24 hours, and
 * had their time to be. Decoys are none, so that nobody can pause a block by asking for numbers without an account. Of
 * strangers' unverified asks only those count that send something to every number: else the twentieth, paused or not,
 * would tell whether its number has an account (ENU-03).
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

/** The row of the UTC day's count. Its `full` is when the strangers' part was used up, in seconds since 1970. */
const today = sql`${SMS_DAY}::text || (now() at time zone 'UTC')::date`;
const part = (name: "day" | "kept" | "full") => sql`(${limitWindows.hits} ->> ${sql.raw(`'${name}'`)})::bigint`;

/**
 * Charges the UTC day for a message that goes out. A decoy takes the same statement and adds nothing, so that nobody
 * switches text messages off without sending any. Call it in the ask's transaction. It is exact under any concurrency.
 * @returns the rule that holds the message back, or null. The ask itself is never refused for it: a refusal would tell
 * whether the last message of the day went out, and so who has an account.
 */
export async function smsDayHolds(tx: Tx, how: { isKnown: boolean; goesOut: boolean }): Promise<HeldRule | null> {
  return (await takeDay(tx, how)) ? null : "text messages of a day";
}

/** Charges the day, if it has room. Known devices take what is left of the strangers' part first, then the kept one. */
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
 * Until when text messages pause for strangers; null while they go out. The pause is told from the next full ten minutes
 * on after the strangers' part of the day was used up. Told at once, it would say whether the ask just made was for an
 * account.
 */
export async function smsPausedUntil(db: Db): Promise<Date | null> {
  if (env().smsCountries.length === 0) return null;
  const strangers = env().smsMost.daily - env().smsKept.daily;
  // Where the limit was lowered since, there is no such time. Then the day counts as used up when it was charged last.
  const since = sql`coalesce(${part("full")}, floor(extract(epoch from ${limitWindows.updatedAt}))::bigint)`;
  const [row] = await db.execute<{ until: number }>(sql`
    select (extract(epoch from (now() at time zone 'UTC')::date + 1) * 1000)::float8 as until from ${limitWindows}
    where key = ${today} and ${part("day")} >= ${strangers}::int
      and extract(epoch from now()) >= (${since} / 600 + 1) * 600`);
  return row ? new Date(row.until) : null;
}
