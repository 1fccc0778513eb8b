import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { sumAnew } from "./rebuild";
import { addSettled } from "./round";
import { type PanelKey, snapshotAll } from "./snapshots";
import { vacuumSums } from "./sum-tables";

/**
 * The age at which a row is summed. By then most codes are used or given up. Every round reads the younger rows: with
 * 16 minutes and 100 asks a second that took 2.0 s.
 */
const SETTLES_MINUTES = 6;
/**
 * The age from which a trigger notes changes. It must be below the one above, so that no summed row changes unnoted.
 */
const NOTED_MINUTES = 5;

/**
 * One round of the roll-up (docs/roll-up.md). The first one sums everything.
 * It is one transaction, so readers see all of it or nothing. Of two at once the second is run again, and finds nothing
 * to do.
 * @param options.skipPanels panels whose snapshot is new enough
 * @returns how many rows were added to the sums
 */
export async function roll(db: Db, { skipPanels = [] }: { skipPanels?: PanelKey[] } = {}): Promise<{ rows: number }> {
  const { rows, isAnew } = await inOneSnapshot(db, async (tx, upTo) => {
    const sums = await tx.execute(sql`select from otp_roll for update`);
    const isAnew = sums.length === 0;
    const rows = isAnew ? await sumAnew(db, tx, upTo) : await addSettled(tx, upTo);
    await snapshotAll(tx, skipPanels);
    return { rows, isAnew };
  });
  if (isAnew) await vacuumSums(db);
  return { rows };
}

/**
 * Recomputes all sums. Readers see the old ones until it commits.
 * @returns how many rows are in the sums
 */
export async function rebuild(db: Db): Promise<{ rows: number }> {
  const rows = await inOneSnapshot(db, async (tx, upTo) => {
    const summed = await sumAnew(db, tx, upTo);
    await snapshotAll(tx);
    return summed;
  });
  await vacuumSums(db);
  return { rows };
}

/** After these errors a round, which was rolled back, is run again. */
const AGAIN = new Set([
  "40001", // another process took this round
  "23505", // two first rounds at once
  "23503", // an account was deleted under it
  "40P01", // a deadlock with the deletion of an account
]);

/**
 * Runs a round's work. Ledger and queue are read as of one instant: a change between two reads would count twice or
 * never.
 */
async function inOneSnapshot<T>(db: Db, work: (tx: Tx, upTo: string) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      const upTo = await settledBy(db);
      return await db.transaction(
        async (tx) => {
          // For short statements compiling costs more than it saves.
          await tx.execute(sql`set local jit = off`);
          // Enough for the sums of 200,000 accounts or an hour of a burst, without sorting on disk.
          await tx.execute(sql`set local work_mem = '64MB'`);
          return await work(tx, upTo);
        },
        { isolationLevel: "repeatable read" },
      );
    } catch (fault) {
      if (tries === 3 || !AGAIN.has(codeOf(fault))) throw fault;
    }
}

function codeOf(fault: unknown): string {
  const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/**
 * The instant before which every change of a row is noted. An open transaction may have changed, unnoted, rows that
 * were younger than 5 minutes when it began. If its beginning is hidden from this role, it counts as 24 hours ago.
 * It must run before the round's snapshot is taken: later commits then find these rows old enough to be noted.
 * @returns whole milliseconds, which a Date holds exactly
 */
async function settledBy(db: Db): Promise<string> {
  const [row] = await db.execute<{ up_to: string }>(sql`
    select date_trunc('milliseconds', least(now() - make_interval(mins => ${SETTLES_MINUTES}), (
      select min(coalesce(xact_start, now() - interval '24 hours')) - make_interval(mins => ${NOTED_MINUTES})
      from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
        and has_table_privilege(usesysid, 'otp_verifications', 'insert, update, delete'))))::text as up_to`);
  if (!row) throw new Error("a select returned no row");
  return row.up_to;
}
