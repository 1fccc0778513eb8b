import { sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db } from "@/db/client";
import { emailVerificationTokens as tokens } from "@/db/schema/otp";
import { stores } from "./stores";

/**
 * Deletes codes whose time is over (001, 002): a step for each table, by the table's name. Safe to run twice, and by
 * two at once. Each returns how many.
 */
export const codeSweeps: Record<string, (db: Db) => Promise<number>> = Object.fromEntries(
  Object.values(stores).map((store) => [store.name, store.sweep]),
);

/** Deletes verification tokens older than a month (001, weekly). */
export function sweepTokens(db: Db): Promise<number> {
  return deleteInBatches(db, tokens, sql`created_at < now() - interval '1 month'`);
}
