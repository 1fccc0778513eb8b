import type { Db, Tx } from "@/db/client";

/** Reads several things as of one instant: the sums, the tail and the snapshots change together. */
export function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });
}
