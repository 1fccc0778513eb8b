import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** Reads as of one instant: sums, tail and snapshots change together. */
export function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });
}

/** A time for JSON that PostgreSQL builds, in UTC whatever its time zone is. */
export const utc = (expression: string): SQL =>
  sql.raw(`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
