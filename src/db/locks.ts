import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "./client";

/**
 * The advisory locks that processes take turns by. Any number will do, as long as it stays and is no other's. Migrations
 * have one of their own, 5_284_917 (`scripts/migrate.mjs`).
 */
const numbers = {
  /** What admins do to accounts, one action after the other. */
  admins: 7_411_907,
  /** Processes that start at once invite the first admin once. */
  firstAdmin: 7_411_906,
  /** The audit log's chain: two at once would make two links of one number. */
  auditSeal: 7_310_442,
};

export type Lock = keyof typeof numbers;

/**
 * Waits for a lock and holds it to the end of the transaction. A statement of its own: what is read after it sees what
 * the holder before has committed.
 */
export async function takeLock(tx: Tx, lock: Lock): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${numbers[lock]})`);
}

/** Takes a lock if nobody holds it, as an expression that says whether it did. */
export const tryLock = (lock: Lock): SQL<boolean> => sql<boolean>`pg_try_advisory_xact_lock(${numbers[lock]})`;

/** Waits for the lock of a mailbox or a number, by its name, and holds it to the end of the transaction. */
export async function takeSubjectLock(tx: Tx, name: SQL): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('otp ' || ${name}, 0))`);
}
