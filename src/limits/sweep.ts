import { lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { limitWindows } from "@/db/schema/limits";

/** Deletes windows nobody has hit for two hours: they hold nothing that still counts. */
export async function sweepWindows(db: Db): Promise<number> {
  const over = lt(limitWindows.updatedAt, sql`now() - interval '2 hours'`);
  return (await db.delete(limitWindows).where(over).returning({ key: limitWindows.key })).length;
}
