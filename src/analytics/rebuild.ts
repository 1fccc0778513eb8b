import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { COLUMNS } from "./cells";
import { dayOf } from "./days";
import { columns, constant, named } from "./fragments";
import { addToSums, emptySums, MIDNIGHT } from "./sum-tables";
import { type Since, startColumns, WINDOWS, windowColumns, windowSums } from "./windows";

/** Where the sums end and the windows begin, as PostgreSQL's text. */
type StepRow = Record<string, string>;

/**
 * Makes all sums anew from the ledger: a pass for each week, one for the windows, and one beside them for each day's
 * accounts.
 * @param upTo rows before this instant have settled
 * @returns how many rows are in the sums
 */
export async function sumAnew(db: Db, tx: Tx, upTo: string): Promise<number> {
  await tx.execute(sql`delete from otp_roll`);
  await tx.execute(sql`delete from otp_late_changes`);
  await emptySums(tx);
  const step = await openStep(tx, upTo);

  // The planner expects as many cells as rows: it would sort them and use no parallel workers.
  await tx.execute(sql`set local enable_sort = off`);
  await tx.execute(sql`set local parallel_tuple_cost = 0`);
  await tx.execute(sql`set local parallel_setup_cost = 0`);
  const counting = usersOfDays(db, tx, upTo);
  // Awaited below. If a week fails first, this rejection needs a handler.
  counting.catch(() => {});
  for await (const week of weeks(tx, upTo))
    await addToSums(tx, sql`(select 1 as sign, ${COLUMNS} from otp_verifications where ${week})`);
  await tx.execute(sql`update otp_daily set users = counted.users
    from jsonb_to_recordset(${await counting}::jsonb) counted(day date, users int) where counted.day = otp_daily.day`);
  await tx.execute(sql`set local enable_sort = on`);

  await fillWindows(tx, step);
  await closeStep(tx);
  const [counted] = await tx.execute<{ rows: number }>(sql`select coalesce(sum(asked), 0)::int as rows from otp_daily`);
  return counted?.rows ?? 0;
}

/** Makes `step`, and reads it so that the ledger's bounds are constants. */
async function openStep(tx: Tx, upTo: string): Promise<StepRow> {
  const starts = Object.fromEntries(WINDOWS.map(({ length }, at) => [startColumns[at] ?? "", sql`now() - ${length}`]));
  await tx.execute(sql`create temp table step on commit drop as
    select ${constant(upTo)}::timestamptz as up_to, ${named(starts)}`);
  const [step] = await tx.execute<StepRow>(sql`select * from step`);
  if (!step) throw new Error("a select returned no row");
  return step;
}

/**
 * The ledger's non-empty weeks as conditions. A week's cells fit into memory; those of 90 days were written to disk.
 * From constants the planner knows the number of rows, and uses parallel workers.
 */
async function* weeks(tx: Tx, upTo: string): AsyncGenerator<SQL> {
  for (let from = "-infinity"; ; ) {
    const [week] = await tx.execute<{ begin: string | null; end: string }>(sql`
      select first::timestamptz::text as begin, least(first + interval '168 hours', ${upTo}::timestamptz)::text as end
      from (select date_trunc('day', min(created_at), 'UTC') as first from otp_verifications
        where created_at >= ${from}::timestamptz and created_at < ${upTo}::timestamptz) week`);
    if (!week?.begin) return;
    yield sql`created_at >= ${constant(week.begin)} and created_at < ${constant(week.end)}`;
    from = week.end;
  }
}

/**
 * Counts each day's accounts in one pass over the index of accounts and times: 8 s at ten million rows; sets of
 * accounts and days took 13. It uses one process, so it runs beside the rebuild's other statements, in a transaction
 * that shares their snapshot.
 * @returns `day` and `users`, as JSON
 */
async function usersOfDays(db: Db, tx: Tx, upTo: string): Promise<string> {
  const [exported] = await tx.execute<{ id: string }>(sql`select pg_export_snapshot() as id`);
  return db.transaction(
    async (beside) => {
      await beside.execute(sql`set transaction snapshot ${constant(exported?.id)}`);
      await beside.execute(sql`set local jit = off`);
      await beside.execute(sql`set local enable_sort = off`);
      const [counted] = await beside.execute<{ days: string }>(sql`
        select coalesce(jsonb_agg(counted), '[]')::text as days from (
          select ${dayOf(sql`midnight`)} as day, count(*)::int as users from (
            select ${MIDNIGHT} as midnight,
              lag(${MIDNIGHT}) over (partition by user_id order by created_at desc nulls last) as later
            from otp_verifications where user_id is not null and created_at < ${constant(upTo)}
          ) all_days where midnight is distinct from later group by 1) counted`);
      if (!counted) throw new Error("a select returned no row");
      return counted.days;
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** Fills the windows in one pass over the longest. */
async function fillWindows(tx: Tx, step: StepRow): Promise<void> {
  const since: Since = ({ name }) => constant(step[`from_${name}`]);
  // `create table as` runs in parallel; an `insert … select` does not.
  await tx.execute(sql`create temp table windows on commit drop as
    select user_id, ${windowSums(since)} from (
      select 1 as sign, ${COLUMNS} from otp_verifications where created_at < ${constant(step.up_to)}) ledger
    where created_at >= ${constant(step.from_90d)} and user_id is not null group by user_id`);
  // Most sums have not changed, and an unwritten row needs no index entry and no vacuum.
  await tx.execute(
    sql`delete from otp_users where not exists (select from windows where windows.user_id = otp_users.user_id)`,
  );
  const values = (table: SQL) =>
    sql.join(
      windowColumns.map((column) => sql`${table}.${sql.identifier(column)}`),
      sql`, `,
    );
  await tx.execute(sql`insert into otp_users as held (user_id, ${columns(windowColumns)})
    select user_id, ${columns(windowColumns)} from windows where exists (select from users where users.id = user_id)
    on conflict (user_id) do update set (${columns(windowColumns)}) = row (${values(sql`excluded`)})
    where (${values(sql`held`)}) is distinct from (${values(sql`excluded`)})`);
}

async function closeStep(tx: Tx): Promise<void> {
  await tx.execute(sql`insert into otp_roll (settled_to, ${columns(startColumns)})
    select up_to, ${columns(startColumns)} from step`);
}
