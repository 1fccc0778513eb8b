import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Db, Tx } from "./client";

/** How many rows one transaction deletes or rewrites: few enough that nobody waits for them. */
const BATCH = 500;

/**
 * Repeats a piece of work until it finds less than a whole batch to do.
 * @param some does up to `batch` rows and says how many it did
 * @returns how many rows in all
 */
export async function inBatches(some: (batch: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = BATCH; count === BATCH; total += count) count = await some(BATCH);
  return total;
}

/** The same, each piece in a transaction of its own. */
export const inTransactions = (db: Db, some: (tx: Tx, batch: number) => Promise<number>): Promise<number> =>
  inBatches((batch) => db.transaction((tx) => some(tx, batch)));

/**
 * The same for rows that are read by their age, oldest first: each piece goes on where the one before ended. One that
 * began anew would read past all that is done already.
 * @param some does up to `batch` of the rows made at `from` or later, and returns them in their order
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

/** A batch of the rows that are over; those that somebody else holds are left for the next round. */
const someOf = (table: PgTable, over: SQL, batch: number) =>
  sql`any(array(select ctid from ${table} where ${over} limit ${batch} for update skip locked))`;

/** Deletes what is over, batch by batch. Safe to run twice, and by two at once. Returns how many rows. */
export const deleteInBatches = (db: Db, table: PgTable, over: SQL): Promise<number> =>
  inBatches(async (batch) => {
    const deleted = await db.execute(sql`delete from ${table} where ctid = ${someOf(table, over, batch)} returning 1`);
    return deleted.length;
  });

/** Clears what is over, batch by batch, likewise. A row that is cleared must not be over any more. */
export const clearInBatches = (db: Db, table: PgTable, over: SQL, cleared: SQL): Promise<number> =>
  inBatches(async (batch) => {
    const some = someOf(table, over, batch);
    return (await db.execute(sql`update ${table} set ${cleared} where ctid = ${some} returning 1`)).length;
  });

/**
 * Cuts a list that may grow with rows into pieces that one statement can take: PostgreSQL knows no more than 65,534
 * parameters, and a list is one of them only by `texts`.
 */
export function* pieces<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += BATCH) yield list.slice(at, at + BATCH);
}

/** A list as one parameter, for `unnest`; Drizzle by itself would bind each entry. Cut it by `pieces` first. */
export const texts = (list: readonly (string | null)[]): SQL => sql`${sql.param(list)}::text[]`;
