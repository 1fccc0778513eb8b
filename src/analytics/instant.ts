import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** Reads several things as of one instant: the sums, the tail and the snapshots change together. */
export function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });
}

/** A time as ISO 8601 in UTC, where it is built into JSON by PostgreSQL, whose own zone may be any. */
export const utc = (expression: string): SQL =>
  sql.raw(`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
