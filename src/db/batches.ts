import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Db } from "./client";

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

/** Deletes what is over, batch by batch. Safe to run twice, and by two at once. Returns how many rows. */
export function deleteInBatches(db: Db, table: PgTable, over: SQL): Promise<number> {
  return inBatches(async (batch) => {
    const found = sql`select ctid from ${table} where ${over} limit ${batch} for update skip locked`;
    return (await db.execute(sql`delete from ${table} where ctid = any(array(${found})) returning 1`)).length;
  });
}

/**
 * Cuts a list that may grow with rows into pieces that one statement can take: PostgreSQL knows no more than 65,534
 * parameters, and a list is one of them only by `texts`.
 */
export function* pieces<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += BATCH) yield list.slice(at, at + BATCH);
}

/** A list as one parameter, for `unnest`; Drizzle by itself would bind each entry. Cut it by `pieces` first. */
export const texts = (list: readonly (string | null)[]): SQL => sql`${sql.param(list)}::text[]`;
