import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { COLUMNS } from "./cells";
import { DAY, freshAndLate, usersCame } from "./days";
import { added, columns, constant } from "./fragments";
import { addToSums, dropEmptiedCells } from "./sum-tables";
import { type Since, startColumn, startColumns, WINDOWS, windowChanges, windowColumns, windowSums } from "./windows";

/**
 * Adds what has settled since the last round, and the late changes. `step` is where the round begins and ends;
 * `changes` has its signed rows.
 * @param upTo rows before this instant have settled
 * @returns how many signed rows were added
 */
export async function addSettled(tx: Tx, upTo: string): Promise<number> {
  await openStep(tx, upTo);
  const rows = await takeChanges(tx);
  if (rows > 0) {
    await addToSums(tx, sql`changes`);
    await addUsersOfDays(tx);
    await dropEmptiedCells(tx);
  }
  await slideWindows(tx);
  await closeStep(tx);
  return rows;
}

async function openStep(tx: Tx, upTo: string): Promise<void> {
  await tx.execute(sql`create temp table step on commit drop as
    select *, greatest(settled_to, ${constant(upTo)}::timestamptz) as up_to from otp_roll`);
}

/** Takes the settled rows and the late changes of summed ones, and empties the queue. */
async function takeChanges(tx: Tx): Promise<number> {
  await tx.execute(sql`create temp table changes on commit drop as
    select 1 as sign, ${COLUMNS} from otp_verifications
      where created_at >= (select settled_to from step) and created_at < (select up_to from step)
    union all
    select sign, ${COLUMNS} from otp_late_changes where created_at < (select settled_to from step)`);
  await tx.execute(sql`delete from otp_late_changes`);
  const [counted] = await tx.execute<{ rows: number }>(sql`select count(*)::int as rows from changes`);
  const rows = counted?.rows ?? 0;
  if (rows > 0) await tx.execute(sql`analyze changes`);
  return rows;
}

async function addUsersOfDays(tx: Tx): Promise<void> {
  const settled = sql`(select settled_to from step)`;
  const pairs = sql`(select ${DAY} as day, user_id, ${freshAndLate(settled)} from changes
    where user_id is not null group by 1, 2)`;
  await tx.execute(sql`update otp_daily set users = otp_daily.users + days.came
    from ${usersCame(pairs, settled)} days where days.day = otp_daily.day and days.came <> 0`);
}

/** Adds what came into each account's windows, less what they have slid past. */
async function slideWindows(tx: Tx): Promise<void> {
  const since: Since = (window) => sql`(select ${startColumn(window)} from step)`;
  const came = sql`(select user_id, ${windowSums(since)} from changes group by user_id)`;
  await tx.execute(sql`insert into otp_users as total (user_id, ${columns(windowColumns)})
    select user_id, ${columns(windowColumns)} from ${windowChanges(came, since, sql`(select up_to from step)`)} changed
    where exists (select from users where users.id = user_id)
    on conflict (user_id) do update set ${added(windowColumns)}`);
  await tx.execute(sql`delete from otp_users where asked_90d <= 0`);
}

async function closeStep(tx: Tx): Promise<void> {
  const starts = WINDOWS.map((window) => sql`now() - ${window.length}`);
  await tx.execute(sql`update otp_roll set (settled_to, ${columns(startColumns)})
    = row (step.up_to, ${sql.join(starts, sql`, `)}) from step`);
}
