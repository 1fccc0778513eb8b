import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** Reads as of one instant, because the sums, the tail and the snapshots change together. */
export function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });
}

/** A time in ISO 8601 and UTC, for JSON that PostgreSQL builds. Its own time zone may be any. */
export const utc = (expression: string): SQL =>
  sql.raw(`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
