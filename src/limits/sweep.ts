import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { limitWindows, lockouts } from "@/db/schema/limits";
import { CLOSED_SECONDS } from "./lockout";
import { SMS_DAY } from "./sms";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. A day's count stays the day. */
export async function sweepWindows(db: Db): Promise<number> {
  const over = sql`${limitWindows.updatedAt} < now() - case when ${limitWindows.key} like ${`${SMS_DAY}%`}
    then interval '25 hours' else interval '2 hours' end`;
  return (await db.delete(limitWindows).where(over).returning({ key: limitWindows.key })).length;
}

/**
 * Deletes lockouts that are over and have told their owner longer ago than a day. One that counts wrong codes in a row
 * is kept until nobody has added to it for 30 days: forgotten sooner it would let strangers guess for ever.
 */
export async function sweepLockouts(db: Db): Promise<number> {
  const over = [
    and(eq(lockouts.wrongInARow, 0), lt(lockouts.updatedAt, sql`now() - interval '25 hours'`)),
    and(gt(lockouts.wrongInARow, 0), lt(lockouts.updatedAt, sql`now() - make_interval(secs => ${CLOSED_SECONDS})`)),
  ];
  let total = 0;
  for (const which of over) total += (await db.delete(lockouts).where(which).returning({ key: lockouts.key })).length;
  return total;
}
