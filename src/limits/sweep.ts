import { lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { limitWindows, lockouts } from "@/db/schema/limits";
import { SMS_DAY } from "./sms";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. A day's count stays the day. */
export async function sweepWindows(db: Db): Promise<number> {
  const over = sql`${limitWindows.updatedAt} < now() - case when ${limitWindows.key} like ${`${SMS_DAY}%`}
    then interval '25 hours' else interval '2 hours' end`;
  return (await db.delete(limitWindows).where(over).returning({ key: limitWindows.key })).length;
}

/** Deletes lockouts that are over and have told their owner longer ago than a day. */
export async function sweepLockouts(db: Db): Promise<number> {
  const over = lt(lockouts.updatedAt, sql`now() - interval '25 hours'`);
  return (await db.delete(lockouts).where(over).returning({ key: lockouts.key })).length;
}
