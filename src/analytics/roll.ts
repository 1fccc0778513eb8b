import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { sumAnew } from "./rebuild";
import { addSettled } from "./round";
import { type PanelKey, snapshotAll } from "./snapshots";
import { vacuumSums } from "./sum-tables";

/**
 * How old a row is when it is summed: by then most codes are used or given up, and what changes one after all (a slow
 * mailbox, a link clicked late, a deletion, a hand) is queued by a trigger from 5 minutes on. What has not settled is
 * read by every round: at 16 minutes and 100 asks a second that took 2.0 s. Minutes.
 */
const SETTLES_MINUTES = 6;
/** How old a row is when the trigger begins to note what changes it: a minute before it is summed. */
const NOTED_MINUTES = 5;

/**
 * One round of the roll-up (docs/roll-up.md): adds to the sums what has settled since the last round and what was
 * changed late, slides the windows, and takes new snapshots of the fixed panels. The first round sums everything.
 * One transaction: readers see all of it or nothing. Safe to run twice, and by two at once: the second finds nothing to
 * do, or is run again.
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
 * Recomputes all sums from the ledger; readers go on with the old ones until it is done.
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

/** What a round may meet, and is run again for: it is all or nothing, so nothing was done. */
const AGAIN = new Set([
  "40001", // another process took this round
  "23505", // two first rounds at once
  "23503", // an account was deleted under it
  "40P01", // and another one, which waits for this round
]);

/**
 * Runs a round's work. The ledger and the queue of late changes are read as of one instant, or a change between the two
 * would count twice or never. A change that commits meanwhile is in the queue for the next round.
 */
async function inOneSnapshot<T>(db: Db, work: (tx: Tx, upTo: string) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      const upTo = await settledBy(db);
      return await db.transaction(
        async (tx) => {
          // Thousands of short statements are faster without it, and so are these few.
          await tx.execute(sql`set local jit = off`);
          // 200,000 accounts' sums, or an hour of a burst, fit, and are not sorted on disk.
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
 * Up to where the ledger can be summed: what is older changes no more without a note in the queue. A transaction that has
 * written and not committed may have changed, without one, what was younger than 5 minutes as it began; when another
 * role's began may be hidden, and then it was long ago.
 * Asked before the round's own snapshot is taken: what has committed by now is in that, and what is yet to write finds
 * these rows old enough to note.
 * @returns whole milliseconds, which JavaScript's dates can hold
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
