import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db } from "@/db/client";
import { limitWindows, lockouts } from "@/db/schema/limits";
import { SMS_DAY } from "./sms";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. A day's count stays the day. */
export function sweepWindows(db: Db): Promise<number> {
  const over = sql`updated_at < now() - interval '2 hours' and (key not like ${`${SMS_DAY}%`} or updated_at < now() - interval '25 hours')`;
  return deleteInBatches(db, limitWindows, over);
}

/** Deletes lockouts that are over and have told their owner longer ago than a day. */
export function sweepLockouts(db: Db): Promise<number> {
  return deleteInBatches(db, lockouts, sql`updated_at < now() - interval '25 hours'`);
}
