import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Db, Tx } from "./client";

/** How many rows one transaction deletes or rewrites: few, so that others do not wait long. */
const BATCH = 500;

/**
 * Repeats a piece of work until it does less than a whole batch.
 * @param some does up to `batch` rows and returns how many it did
 * @returns the number of all rows
 */
export async function inBatches(some: (batch: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = BATCH; count === BATCH; total += count) count = await some(BATCH);
  return total;
}

/** Repeats a piece of work as `inBatches` does, each piece in its own transaction. */
export const inTransactions = (db: Db, some: (tx: Tx, batch: number) => Promise<number>): Promise<number> =>
  inBatches((batch) => db.transaction((tx) => some(tx, batch)));

/**
 * Repeats a piece of work over rows by age, oldest first. Each piece starts where the one before ended, because a new
 * start would read past all finished rows.
 * @param some does up to `batch` rows made at `from` or later, and returns them in that order
 */
export function oldestFirst(
  db: Db,
  some: (tx: Tx, from: Date, batch: number) => Promise<{ createdAt: Date }[]>,
): Promise<number> {
  let from = new Date(0);
  return inTransactions(db, async (tx, batch) => {
    const done = await some(tx, from, batch);
    from = done.at(-1)?.createdAt ?? from;
    return done.length;
  });
}

/** A batch of the expired rows. Locked rows are left for the next round. */
const someOf = (table: PgTable, over: SQL, batch: number) =>
  sql`any(array(select ctid from ${table} where ${over} limit ${batch} for update skip locked))`;

/** Deletes the rows that match `over` in batches, and returns how many. Safe to run twice, and by two at once. */
export const deleteInBatches = (db: Db, table: PgTable, over: SQL): Promise<number> =>
  inBatches(async (batch) => {
    const deleted = await db.execute(sql`delete from ${table} where ctid = ${someOf(table, over, batch)} returning 1`);
    return deleted.length;
  });

/** Clears columns of the rows that match `over`, in batches. A cleared row must not match `over`. */
export const clearInBatches = (db: Db, table: PgTable, over: SQL, cleared: SQL): Promise<number> =>
  inBatches(async (batch) => {
    const some = someOf(table, over, batch);
    return (await db.execute(sql`update ${table} set ${cleared} where ctid = ${some} returning 1`)).length;
  });

/**
 * Cuts a list of any length into pieces that fit into one statement: PostgreSQL allows 65,534 parameters. Only `texts`
 * makes a list one parameter.
 */
export function* pieces<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += BATCH) yield list.slice(at, at + BATCH);
}

/** A list as one parameter, for `unnest`. Drizzle alone binds each entry. Cut a long list by `pieces` first. */
export const texts = (list: readonly (string | null)[]): SQL => sql`${sql.param(list)}::text[]`;
