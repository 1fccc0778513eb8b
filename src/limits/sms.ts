import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { limitWindows } from "@/db/schema/limits";
import { env } from "@/env";
import { takeWindow } from "./windows";

/*
 * Text messages cost money, and some of it reaches whoever owns the numbers: attackers ask for codes to whole blocks of
 * them. So besides the limits of every code, text messages have these. Email goes on.
 */

/** Numbers that are handed out together: the first digits of one. */
const BLOCK_DIGITS = 7;
/** What a window of a block, and the day's count, are called. */
const SMS_BLOCK = "sms-block ";
export const SMS_DAY = "sms-day ";

/** So many messages of a block are looked at, and so many of them must have been verified. */
const LOOKED_AT = 20;
const VERIFIED_SHARE = 0.2;
/** For so long a block is left alone then; after it one message tries anew. Minutes. */
const PAUSE_MINUTES = 30;

/** Why a text message is not sent, and the seconds until one may be. */
export type SmsHeld = {
  rule: "text messages to one block" | "text messages of a day" | "a block that verifies nothing";
  retryAfterSeconds: number;
};

/** The block of a number in E.164: "+1415200" of "+14152001234". */
export const blockOf = (phone: string): string => phone.slice(0, 1 + BLOCK_DIGITS);

/**
 * Counts one text message, if it may be sent: by its block, by the day, and by what came of the block's last ones.
 * In the transaction of its code, so that one that is refused after all is not counted. Whether anybody has the number
 * makes no difference.
 * @param isKnown whether a known device asks: what strangers ask for in its block is not held against it (THR-10)
 */
export async function takeSms(tx: Tx, phone: string, isKnown: boolean): Promise<SmsHeld | null> {
  const block = blockOf(phone);
  const pause = await pauseOf(tx, block, isKnown);
  if (pause !== null) return { rule: "a block that verifies nothing", retryAfterSeconds: pause };
  // Known devices of one block share a window: whoever owns its numbers can make as many of them as they like.
  return take(tx, `${block}${isKnown ? " known devices" : ""}`);
}

/**
 * Counts one text message that no ask was counted for: a notice. Whoever has an account can bring them about at will
 * (each sign-in without a device cookie is one), and they cost what codes cost. In a window of their own, so that codes
 * and notices use up nothing of each other's but the day.
 */
export const takeSmsNotice = (db: Db, phone: string): Promise<SmsHeld | null> => take(db, `${blockOf(phone)} notices`);

/** Counts one text message in its block's window and in the day. */
async function take(db: Db | Tx, blockShare: string): Promise<SmsHeld | null> {
  const { blockHourly, daily } = env().smsMost;
  const wait = await takeWindow(db, `${SMS_BLOCK}${blockShare}`, blockHourly);
  if (wait !== null) return { rule: "text messages to one block", retryAfterSeconds: wait };
  const untilTomorrow = await takeDay(db, daily);
  return untilTomorrow === null ? null : { rule: "text messages of a day", retryAfterSeconds: untilTomorrow };
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

/** Counts one of the UTC day's messages, if there is one left. @returns null, or the seconds until tomorrow */
async function takeDay(db: Db | Tx, limit: number): Promise<number | null> {
  const today = sql`${SMS_DAY}::text || (now() at time zone 'UTC')::date`;
  const taken = await db.execute(sql`
    insert into ${limitWindows} (key, hits) values (${today}, '{"day": 1}')
    on conflict (key) do update set updated_at = now(),
      hits = jsonb_build_object('day', (${limitWindows.hits} ->> 'day')::int + 1)
    where (${limitWindows.hits} ->> 'day')::int < ${limit}
    returning 1`);
  if (taken.length > 0) return null;
  const [row] = await db.execute<{ wait: number }>(
    sql`select ceil(86400 - extract(epoch from now() at time zone 'UTC')::numeric % 86400)::int as wait`,
  );
  return Math.max(1, row?.wait ?? 3600);
}
