import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { COLUMNS } from "./cells";
import { dayOf } from "./days";
import { columns, constant, named } from "./fragments";
import { addToSums, emptySums, MIDNIGHT } from "./sum-tables";
import { type Since, startColumns, WINDOWS, windowColumns, windowSums } from "./windows";

/** Where the rebuild's sums end and its windows begin, as PostgreSQL writes times. */
type Step = Record<string, string>;

/**
 * A rebuild's own work: all sums anew from the ledger, by a pass over each week, one over all of it for the windows,
 * and one beside them for the accounts of each day.
 * @param upTo rows before it have settled
 * @returns how many rows are in the sums
 */
export async function sumAnew(db: Db, tx: Tx, upTo: string): Promise<number> {
  await tx.execute(sql`delete from otp_roll`);
  await tx.execute(sql`delete from otp_late_changes`);
  await emptySums(tx);
  const step = await openStep(tx, upTo);

  // The planner takes each row for a cell of its own: it would sort them all, and find sharing the reading too dear.
  await tx.execute(sql`set local enable_sort = off`);
  await tx.execute(sql`set local parallel_tuple_cost = 0`);
  await tx.execute(sql`set local parallel_setup_cost = 0`);
  const counting = usersOfDays(db, tx, upTo);
  // It is waited for below. If a week fails before, the rebuild fails with that, and this failure is told nobody.
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

/** Into a table that lives as long as the transaction, and read once: what bounds the ledger is to be a constant. */
async function openStep(tx: Tx, upTo: string): Promise<Step> {
  const starts = Object.fromEntries(WINDOWS.map(({ length }, at) => [startColumns[at] ?? "", sql`now() - ${length}`]));
  await tx.execute(sql`create temp table step on commit drop as
    select ${constant(upTo)}::timestamptz as up_to, ${named(starts)}`);
  const [step] = await tx.execute<Step>(sql`select * from step`);
  if (!step) throw new Error("a select returned no row");
  return step;
}

/**
 * The ledger's weeks as conditions, from its first row on; of UTC days, and empty ones left out. The cells of a week fit
 * into memory; those of 90 days were written to disk and read again.
 * As constants, so that the planner knows how much there is, and shares it among its workers.
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
 * The accounts of each day, by one pass over the index of accounts and times, which has each account's days in order: at
 * ten million rows 8 s, where sets of accounts and days took 13. It has one process, and so have most of a rebuild's
 * statements: it runs beside them, in a transaction of its own that sees what theirs does.
 * @returns `day` and `users` of each, as JSON
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

/** Sums each account's windows by one pass over the longest of them. */
async function fillWindows(tx: Tx, step: Step): Promise<void> {
  const since: Since = ({ name }) => constant(step[`from_${name}`]);
  // Into a table of its own first: an insert's select has one process, a table's as many as there are.
  await tx.execute(sql`create temp table windows on commit drop as
    select user_id, ${windowSums(since)} from (
      select 1 as sign, ${COLUMNS} from otp_verifications where created_at < ${constant(step.up_to)}) ledger
    where created_at >= ${constant(step.from_90d)} and user_id is not null group by user_id`);
  // Most accounts' sums are as they were: what is not written is neither indexed nor vacuumed.
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

/** Notes where the sums end and the windows begin, for the next round. */
async function closeStep(tx: Tx): Promise<void> {
  await tx.execute(sql`insert into otp_roll (settled_to, ${columns(startColumns)})
    select up_to, ${columns(startColumns)} from step`);
}
