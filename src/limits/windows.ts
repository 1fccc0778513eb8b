import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { limitWindows } from "@/db/schema/limits";
import { env } from "@/env";
import { firstHit, hitsOfLastHour, minute, oneMore } from "./minutes";
import { networkOf } from "./network";

/** What is counted: asks for codes; checks of codes, passwords and tokens; and refusals that the audit log keeps. */
export type Counted = "requests" | "guesses" | "refusals";

/** The most refusals of one address that the audit log keeps in an hour, so that a flood does not fill it. */
const REFUSALS_AN_HOUR = 120;

/**
 * The owner of a window: an IP address, or the account, for guesses of a signed-in user at their own account. So
 * neighbours never lock out step-up. A session's guesses at another account count for its IP address: else every own
 * account would give sixty more guesses.
 */
export type Source = { ipAddress: string; ownAccount?: string | undefined };

/**
 * Counts one hit in the hour's window of its source, if there is room.
 * @returns null if there was room, else the seconds until there is. If it cannot count it throws, so nothing gets past.
 */
export function takeHit(db: Db | Tx, counted: Counted, source: Source): Promise<number | null> {
  const limit = counted === "refusals" ? REFUSALS_AN_HOUR : env().ipHourly[counted];
  return takeWindow(db, `${counted} ${source.ownAccount ?? networkOf(source.ipAddress)}`, limit);
}

/**
 * Counts one hit in the hour's window of a key. One statement under the row's lock lets exactly the allowed number
 * through, over any number of processes. The window slides by the minute.
 * @returns as `takeHit`
 */
export async function takeWindow(db: Db | Tx, key: string, limit: number): Promise<number | null> {
  const taken = await db.execute(sql`
    insert into ${limitWindows} (key, hits) values (${key}, ${firstHit})
    on conflict (key) do update set updated_at = now(),
      hits = ${oneMore(limitWindows.hits)}
    where ${hitsOfLastHour(limitWindows.hits)} < ${limit}
    returning 1`);
  if (taken.length > 0) return null;
  const [row] = await db.execute<{ wait: number }>(sql`
    select ceil((min(m.key::int) + 60) * 60 - extract(epoch from now()))::int as wait
    from ${limitWindows}, jsonb_each(${limitWindows.hits}) m where ${limitWindows.key} = ${key} and m.key::int > ${minute} - 60`);
  return Math.max(1, row?.wait ?? 60);
}

/** Takes back a hit of this transaction: `now()` is still the same minute. */
export async function giveBack(tx: Tx, key: string): Promise<void> {
  await tx.execute(sql`update ${limitWindows}
    set hits = jsonb_set(hits, array[${minute}::text], to_jsonb((hits ->> ${minute}::text)::int - 1)) where key = ${key}`);
}

/** The prefix of the key of a day's count of text messages (`sms.ts`). */
export const SMS_DAY = "sms-day ";

/** Deletes windows without a hit for two hours: nothing in them counts any more. A day's count stays for its day. */
export function sweepWindows(db: Db): Promise<number> {
  const over = sql`updated_at < now() - interval '2 hours' and (key not like ${`${SMS_DAY}%`} or updated_at < now() - interval '25 hours')`;
  return deleteInBatches(db, limitWindows, over);
}
