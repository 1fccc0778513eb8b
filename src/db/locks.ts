import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "./client";

/**
 * The advisory locks. Each number is arbitrary, unique and never changes. Migrations have their own, 5_284_917
 * (`scripts/migrate.mjs`).
 */
const numbers = {
  /** Admins' actions on accounts run one after the other. */
  admins: 7_411_907,
  /** Processes that start together invite the first admin once. */
  firstAdmin: 7_411_906,
  /** The audit log's chain: two writers at once would make two links with one number. */
  auditSeal: 7_310_442,
};

export type Lock = keyof typeof numbers;

/**
 * Waits for a lock and holds it to the end of the transaction. It is a separate statement, so that later reads see the
 * commits of the previous holder.
 */
export async function takeLock(tx: Tx, lock: Lock): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${numbers[lock]})`);
}

/** An expression that takes a lock if it is free, and tells whether it did. */
export const tryLock = (lock: Lock): SQL<boolean> => sql<boolean>`pg_try_advisory_xact_lock(${numbers[lock]})`;

/** Waits for the lock of a mailbox or a number, by its name, and holds it to the end of the transaction. */
export async function takeSubjectLock(tx: Tx, name: SQL): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('otp ' || ${name}, 0))`);
}
