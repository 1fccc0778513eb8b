import { sql } from "drizzle-orm";
import { inBatches } from "@/db/batches";
import type { Db } from "@/db/client";
import { emailVerificationTokens as tokens } from "@/db/schema/otp";
import { stores } from "./stores";

/** Deletes codes whose time is over (001, 002), table by table. Safe to run twice, and by two at once. */
export async function sweepCodes(db: Db): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const store of Object.values(stores))
    counts[store.name] = await inBatches((batch) => db.transaction((tx) => store.sweep(tx, batch)));
  return counts;
}

/** Deletes verification tokens older than a month (001, weekly). */
export function sweepTokens(db: Db): Promise<number> {
  return inBatches(async (batch) => {
    const old = sql`select ctid from ${tokens} where created_at < now() - interval '1 month' limit ${batch}`;
    const deleted = sql`delete from ${tokens} where ctid = any(array(${old} for update skip locked)) returning 1`;
    return (await db.execute(deleted)).length;
  });
}
