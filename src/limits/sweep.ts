import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db } from "@/db/client";
import { limitWindows, lockouts } from "@/db/schema/limits";
import { CLOSED_SECONDS } from "./lockout";
import { SMS_DAY } from "./sms";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. A day's count stays the day. */
export function sweepWindows(db: Db): Promise<number> {
  const over = sql`updated_at < now() - interval '2 hours' and (key not like ${`${SMS_DAY}%`} or updated_at < now() - interval '25 hours')`;
  return deleteInBatches(db, limitWindows, over);
}

/**
 * Deletes lockouts that are over and have told their owner longer ago than a day. One that counts wrong codes in a row
 * is kept until nobody has added to it for 30 days: forgotten sooner it would let strangers guess for ever.
 */
export async function sweepLockouts(db: Db): Promise<number> {
  const over = [
    sql`wrong_in_a_row = 0 and updated_at < now() - interval '25 hours'`,
    sql`wrong_in_a_row > 0 and updated_at < now() - make_interval(secs => ${CLOSED_SECONDS})`,
  ];
  let total = 0;
  for (const which of over) total += await deleteInBatches(db, lockouts, which);
  return total;
}
