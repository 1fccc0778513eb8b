import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { emailVerificationTokens as tokens } from "@/db/schema/otp";
import { stores } from "./stores";

/** How many rows one transaction deletes: few enough that nobody waits for them. */
const BATCH = 500;

/** Deletes codes whose time is over (001, 002), table by table. Safe to run twice, and by two at once. */
export async function sweepCodes(db: Db): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const store of Object.values(stores))
    counts[store.name] = await inBatches(() => db.transaction((tx) => store.sweep(tx, BATCH)));
  return counts;
}

/** Deletes verification tokens older than a month (001, weekly). */
export function sweepTokens(db: Db): Promise<number> {
  return inBatches(async () => {
    const old = sql`select ctid from ${tokens} where created_at < now() - interval '1 month' limit ${BATCH}`;
    return (
      await db.execute(sql`delete from ${tokens} where ctid = any(array(${old} for update skip locked)) returning 1`)
    ).length;
  });
}

async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = BATCH; count === BATCH; total += count) count = await deleteSome();
  return total;
}
