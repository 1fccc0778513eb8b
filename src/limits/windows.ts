import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { limitWindows } from "@/db/schema/limits";
import { env } from "@/env";
import { firstHit, hitsOfLastHour, minute, oneMore } from "./minutes";
import { networkOf } from "./network";

/** What is counted: codes asked for; codes, passwords and tokens checked; and refusals that are written down. */
export type Counted = "requests" | "guesses" | "refusals";

/** So many refusals of one address are written down in an hour: a flood of them fills no table. */
const REFUSALS_AN_HOUR = 120;

/**
 * Whose window it is: an address's, or, for guesses at one's own account while signed in to it, that account's, so
 * that neighbours never lock out step-up. A session that guesses at another's account counts like its address:
 * else every account of one's own would be sixty guesses more.
 */
export type Source = { ipAddress: string; ownAccount?: string | undefined };

/**
 * Counts one hit in the hour's window of its source, if there is room.
 * @returns null when there was room, else the seconds until there is some. A window that cannot count throws: no room.
 */
export function takeHit(db: Db | Tx, counted: Counted, source: Source): Promise<number | null> {
  const limit = counted === "refusals" ? REFUSALS_AN_HOUR : env().ipHourly[counted];
  return takeWindow(db, `${counted} ${source.ownAccount ?? networkOf(source.ipAddress)}`, limit);
}

/**
 * Counts one hit in the hour's window of a key. One statement under the row's lock, so that any number of processes let
 * exactly the allowed number through. Slides by the minute.
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

/** Takes back a hit that this transaction has counted: there `now()` still is the same minute. */
export async function giveBack(tx: Tx, key: string): Promise<void> {
  await tx.execute(sql`update ${limitWindows}
    set hits = jsonb_set(hits, array[${minute}::text], to_jsonb((hits ->> ${minute}::text)::int - 1)) where key = ${key}`);
}

/** What the key of a day's count of text messages begins with (`sms.ts`). */
export const SMS_DAY = "sms-day ";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. A day's count stays the day. */
export function sweepWindows(db: Db): Promise<number> {
  const over = sql`updated_at < now() - interval '2 hours' and (key not like ${`${SMS_DAY}%`} or updated_at < now() - interval '25 hours')`;
  return deleteInBatches(db, limitWindows, over);
}
