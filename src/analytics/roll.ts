import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { sumAnew } from "./rebuild";
import { addSettled } from "./round";
import { type PanelKey, snapshotAll } from "./snapshots";
import { vacuumSums } from "./sum-tables";

/**
 * The age at which a row is summed, in minutes. By then most codes are used or given up, and a trigger notes later
 * changes. Every round reads the rows that have not settled: with 16 minutes and 100 asks a second that took 2.0 s.
 */
const SETTLES_MINUTES = 6;
/** The age from which the trigger notes changes of a row, in minutes. It must be below the age at which a row is summed. */
const NOTED_MINUTES = 5;

/**
 * One round of the roll-up (docs/roll-up.md): adds settled rows and late changes to the sums, slides the windows, and
 * takes new snapshots of the fixed panels. The first round sums everything.
 * It is one transaction, so readers see all of it or nothing. Of two rounds at once the second is run again, and finds
 * nothing to do.
 * @param options.skipPanels panels whose last snapshot is new enough
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
 * Recomputes all sums from the ledger. Readers see the old sums until it commits.
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

/** The SQL states after which a round is run again. It was rolled back, so nothing was done. */
const AGAIN = new Set([
  "40001", // another process took this round
  "23505", // two first rounds at once
  "23503", // an account was deleted under it
  "40P01", // a deadlock with the deletion of an account
]);

/**
 * Runs a round's work. The ledger and the queue of late changes are read as of one instant. Otherwise a change between
 * the two reads would count twice or never. A change that commits meanwhile is queued for the next round.
 */
async function inOneSnapshot<T>(db: Db, work: (tx: Tx, upTo: string) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      const upTo = await settledBy(db);
      return await db.transaction(
        async (tx) => {
          // Compiling costs more than it saves, for a rebuild's many statements and a round's few.
          await tx.execute(sql`set local jit = off`);
          // The sums of 200,000 accounts, or an hour of a burst, fit and are not sorted on disk.
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
 * The instant before which every change of a row is noted in the queue. An open transaction that has written may have
 * changed, without a note, rows that were younger than 5 minutes when it began. The beginning of another role's
 * transaction may be hidden; it counts as 24 hours ago.
 * This runs before the round takes its snapshot: what has committed by now is in the snapshot, and what commits later
 * finds these rows old enough to be noted.
 * @returns a time in whole milliseconds, which a JavaScript Date holds exactly
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
