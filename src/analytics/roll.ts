import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS, hourOf, midnightOf, SUM_NAMES, slotOf } from "./cells";
import { DAY, dayOf, freshAndLate, usersCame } from "./days";
import { type PanelKey, snapshotAll } from "./snapshots";
import { type Since, WINDOWS, windowChanges, windowColumns, windowSums } from "./windows";

/**
 * How old a row is when it is summed: by then most codes are used or given up, and what changes one after all (a slow
 * mailbox, a link clicked late, a deletion, a hand) is queued by a trigger from 5 minutes on. What has not settled is
 * read by every round: at 16 minutes and 100 asks a second that took 2.0 s. Minutes.
 */
const SETTLES_MINUTES = 6;
/** How old a row is when the trigger begins to note what changes it: a minute before it is summed. */
const NOTED_MINUTES = 5;

/**
 * One round of the roll-up: adds to the sums what has settled since the last round and what was changed late, slides
 * the windows, and takes new snapshots of the fixed panels. One transaction: readers see all of it or nothing.
 * Safe to run twice, and by two at once: the second finds nothing to do, or is run again.
 * @param but panels whose last snapshot is new enough
 * @returns how many rows were added to the sums
 */
export const roll = (db: Db, but: PanelKey[] = []): Promise<{ rows: number }> =>
  round(db, (tx, upTo) => settle(db, tx, upTo), but);

/** Recomputes all sums from the ledger; readers go on with the old ones until it is done. */
export const rebuild = (db: Db): Promise<{ rows: number }> => round(db, (tx, upTo) => recompute(db, tx, upTo), []);

/** What a round did: how many rows it added, and whether it made everything anew. */
type Round = { rows: number; isAnew: boolean };
/** The work of a round, with the time up to which it sums. */
type Work = (tx: Tx, upTo: string) => Promise<Round>;

async function round(db: Db, work: Work, but: PanelKey[]): Promise<{ rows: number }> {
  const { rows, isAnew } = await inOneSnapshot(db, work, but);
  // A row has died for each that was written, and no index alone can answer yet: reading took twice as long until
  // PostgreSQL would have come by. A role that does not own the tables is told so, and leaves it to that.
  const written = isAnew ? [...Object.keys(SUMMED), "otp_users"] : [];
  for (const table of written) await db.execute(sql.raw(`vacuum (analyze) ${table}`));
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
 * The ledger and the queue of late changes are read as of one instant, or a change between the two would count twice
 * or never. A change that commits meanwhile is in the queue for the next round.
 */
async function inOneSnapshot(db: Db, work: Work, but: PanelKey[]): Promise<Round> {
  for (let tries = 1; ; tries += 1)
    try {
      const upTo = await settledBy(db);
      return await db.transaction(
        async (tx) => {
          // Thousands of short statements are faster without it, and so are these few.
          await tx.execute(sql`set local jit = off`);
          // 200,000 accounts' sums, or an hour of a burst, fit, and are not sorted on disk.
          await tx.execute(sql`set local work_mem = '64MB'`);
          const done = await work(tx, upTo);
          await snapshotAll(tx, but);
          return done;
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

async function settle(db: Db, tx: Tx, upTo: string): Promise<Round> {
  const rolled = await tx.execute(sql`select from otp_roll for update`);
  if (rolled.length === 0) return recompute(db, tx, upTo);
  await tx.execute(sql`create temp table step on commit drop as
    select *, greatest(settled_to, ${sql.raw(`'${upTo}'`)}::timestamptz) as up_to from otp_roll`);
  await tx.execute(sql`create temp table changes on commit drop as
    select 1 as sign, ${COLUMNS} from otp_verifications
      where created_at >= (select settled_to from step) and created_at < (select up_to from step)
    union all
    select sign, ${COLUMNS} from otp_late_changes where created_at < (select settled_to from step)`);
  await tx.execute(sql`delete from otp_late_changes`);
  const [counted] = await tx.execute<{ rows: number }>(sql`select count(*)::int as rows from changes`);
  const rows = counted?.rows ?? 0;
  if (rows > 0) {
    await tx.execute(sql`analyze changes`);
    await addCells(tx, sql`changes`);
    await addUsersOfDays(tx);
    await dropEmptied(tx);
  }
  await slideWindows(tx);
  await tx.execute(sql`update otp_roll set settled_to = step.up_to, ${windowStarts} from step`);
  return { rows, isAnew: false };
}

const windowStarts = sql.raw(
  WINDOWS.map(({ name, length }) => `from_${name} = now() - interval '${length}'`).join(", "),
);
const starts = sql.raw(WINDOWS.map(({ name, length }) => `now() - interval '${length}' as from_${name}`).join(", "));

/** By its first instant: a zone's name, read for each row of ten million to tell a day, took a second of a rebuild. */
const MIDNIGHT = midnightOf("created_at");

const plus = (table: string, columns: string[]) =>
  sql.raw(columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`).join(", "));

/**
 * Adds signed rows to the funnel by slot, hour and day, to the daily statistics, and to the mail domains. Hours and days
 * are summed from the slots; domains have a pass of their own, because by the slot they would be as many as the rows.
 */
async function addCells(tx: Tx, source: SQL): Promise<void> {
  await tx.execute(
    sql`create temp table cells on commit drop as ${cellsOf(source, { slot: slotOf("created_at"), ...DIMENSIONS })}`,
  );
  await tx.execute(sql`create temp table domain_cells on commit drop as
    ${cellsOf(sql`(select * from ${source} r where mail_domain is not null)`, { midnight: MIDNIGHT, mail_domain: "mail_domain", ...OF_DOMAINS })}`);
  const dimensions = Object.keys(DIMENSIONS);
  await addTo(tx, "otp_slots", ["slot", ...dimensions], sql`cells`);
  for (const [table, key, time] of [
    ["otp_hours", "hour", hourOf("slot")],
    ["otp_days", "day", dayOf("slot")],
  ] as const)
    await addTo(tx, table, [key, ...dimensions], summedBy("cells", { [key]: time, ...DIMENSIONS }));
  const day = dayOf("midnight");
  await addTo(
    tx,
    "otp_domains",
    ["day", "mail_domain", ...Object.keys(OF_DOMAINS)],
    sql`(select ${sql.raw(day)} as day, * from domain_cells) c`,
  );
  await addTo(
    tx,
    "otp_domain_days",
    ["day", "mail_domain"],
    summedBy("domain_cells", { day, mail_domain: "mail_domain" }),
  );
  await tx.execute(sql`insert into otp_daily (day, asked, verified, attempts)
    select day, asked, verified, attempts from ${summedBy("cells", { day: dayOf("slot") })}
    on conflict (day) do update set ${plus("otp_daily", ["asked", "verified", "attempts"])}`);
  // A rebuild does this many times in one transaction.
  await tx.execute(sql`drop table cells, domain_cells`);
}

/** Cells summed by what is coarser: names and their expressions. */
function summedBy(cells: string, keys: Record<string, string>): SQL {
  const named = Object.entries(keys).map(([name, of]) => `${of} as ${name}`);
  const sums = SUM_NAMES.map((name) => `sum(${name})::int as ${name}`);
  return sql.raw(
    `(select ${[...named, ...sums].join(", ")} from ${cells} group by ${named.map((_, at) => at + 1).join(", ")}) c`,
  );
}

/** In the order of time: a rebuild would else scatter a day's cells over the whole table, and reading a week took 10,000 pages. */
async function addTo(tx: Tx, table: string, key: string[], cells: SQL): Promise<void> {
  const columns = sql.raw(key.join(", "));
  const names = sql.raw(SUM_NAMES.join(", "));
  await tx.execute(sql`insert into ${sql.raw(table)} (${columns}, ${names})
    select ${columns}, ${names} from ${cells} order by ${columns}
    on conflict (${columns}) do update set ${plus(table, SUM_NAMES)}`);
}

const { country: _, ...OF_DOMAINS } = DIMENSIONS;

/** The tables of sums that a rebuild empties and fills anew, and what of a row its cell is told by. */
const SUMMED: Record<string, Record<string, string>> = {
  otp_slots: { slot: slotOf("created_at"), ...DIMENSIONS },
  otp_hours: { hour: hourOf("created_at"), ...DIMENSIONS },
  otp_days: { day: DAY, ...DIMENSIONS },
  otp_daily: { day: DAY },
  otp_domains: { day: DAY, mail_domain: "mail_domain", ...OF_DOMAINS },
  otp_domain_days: { day: DAY, mail_domain: "mail_domain" },
};

/** A cell that the last row has left goes: nothing was asked for there, and its name may be all that is left of somebody. */
async function dropEmptied(tx: Tx): Promise<void> {
  const [left] = await tx.execute(sql`select from changes where sign < 0 limit 1`);
  if (!left) return;
  for (const [table, keys] of Object.entries(SUMMED))
    await tx.execute(
      sql.raw(`delete from ${table} where asked = 0 and (${Object.keys(keys).join(", ")}) in (
        select ${Object.values(keys).join(", ")} from changes where sign < 0)`),
    );
}

/** How many accounts each day saw changes by those that came or went. */
async function addUsersOfDays(tx: Tx): Promise<void> {
  const settled = "(select settled_to from step)";
  const pairs = sql`(select ${sql.raw(DAY)} as day, user_id, ${freshAndLate(settled)} from changes
    where user_id is not null group by 1, 2)`;
  await tx.execute(sql`update otp_daily d set users = d.users + p.came
    from ${usersCame(pairs, sql.raw(settled))} p where p.day = d.day and p.came <> 0`);
}

/** Adds what came into each account's windows, and takes what they have slid past. */
async function slideWindows(tx: Tx): Promise<void> {
  const since: Since = ({ name }) => `(select from_${name} from step)`;
  const came = sql`(select user_id, ${windowSums(since)} from changes group by user_id)`;
  const columns = sql.raw(["user_id", ...windowColumns].join(", "));
  await tx.execute(sql`insert into otp_users (${columns})
    select ${columns} from ${windowChanges(came, since, sql`(select up_to from step)`)} changed
    where exists (select from users u where u.id = user_id)
    on conflict (user_id) do update set ${plus("otp_users", windowColumns)}`);
  await tx.execute(sql`delete from otp_users where asked_90d <= 0`);
}

/** The window that holds all others. */
const LONGEST = { name: "90d" };

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
        where created_at >= ${from}::timestamptz and created_at < ${upTo}::timestamptz) f`);
    if (!week?.begin) return;
    yield sql.raw(`created_at >= '${week.begin}' and created_at < '${week.end}'`);
    from = week.end;
  }
}

/** All sums anew: a pass over each week of the ledger, and one over all of it for the windows. */
async function recompute(db: Db, tx: Tx, upTo: string): Promise<Round> {
  for (const table of ["otp_roll", "otp_late_changes", ...Object.keys(SUMMED)])
    await tx.execute(sql`delete from ${sql.raw(table)}`);
  await tx.execute(sql`create temp table step on commit drop as
    select ${sql.raw(`'${upTo}'`)}::timestamptz as up_to, ${starts}`);
  const [step] = await tx.execute<Record<string, string>>(sql`select * from step`);
  if (!step?.up_to) throw new Error("a select returned no row");
  // The planner takes each row for a cell of its own: it would sort them all, and find sharing the reading too dear.
  await tx.execute(sql`set local enable_sort = off`);
  await tx.execute(sql`set local parallel_tuple_cost = 0`);
  await tx.execute(sql`set local parallel_setup_cost = 0`);
  const counting = usersOfDays(db, tx, step.up_to);
  // It is waited for below: should a week fail before, its own failure is nobody's.
  counting.catch(() => {});
  for await (const span of weeks(tx, step.up_to))
    await addCells(tx, sql`(select 1 as sign, ${COLUMNS} from otp_verifications where ${span})`);
  await tx.execute(sql`update otp_daily d set users = counted.users
    from jsonb_to_recordset(${await counting}::jsonb) counted(day date, users int) where counted.day = d.day`);
  await tx.execute(sql`set local enable_sort = on`);
  const ledger = sql`(select 1 as sign, ${COLUMNS} from otp_verifications where created_at < ${sql.raw(`'${step.up_to}'`)})`;
  // Into a table of its own first: an insert's select has one process, a table's as many as there are.
  const columns = sql.raw(["user_id", ...windowColumns].join(", "));
  const since = ({ name }: { name: string }) => `'${step[`from_${name}`]}'`;
  await tx.execute(sql`create temp table windows on commit drop as
    select user_id, ${windowSums(since)} from ${ledger} l
    where created_at >= ${sql.raw(since(LONGEST))} and user_id is not null group by user_id`);
  // Most accounts' sums are as they were: what is not written is neither indexed nor vacuumed.
  await tx.execute(sql`delete from otp_users o where not exists (select from windows w where w.user_id = o.user_id)`);
  await tx.execute(sql`insert into otp_users (${columns})
    select ${columns} from windows where exists (select from users u where u.id = user_id)
    on conflict (user_id) do update set ${sql.raw(windowColumns.map((column) => `${column} = excluded.${column}`).join(", "))}
    where (${sql.raw(windowColumns.map((column) => `otp_users.${column}`).join(", "))})
      is distinct from (${sql.raw(windowColumns.map((column) => `excluded.${column}`).join(", "))})`);
  const froms = sql.raw(WINDOWS.map(({ name }) => `from_${name}`).join(", "));
  await tx.execute(sql`insert into otp_roll (settled_to, ${froms}) select up_to, ${froms} from step`);
  const [counted] = await tx.execute<{ rows: number }>(sql`select coalesce(sum(asked), 0)::int as rows from otp_daily`);
  return { rows: counted?.rows ?? 0, isAnew: true };
}

/**
 * The accounts of each day, by one pass over the index of accounts and times, which has each account's days in order: at
 * ten million rows 8 s, where sets of accounts and days took 13. It has one process, and so have most of a rebuild's
 * statements: it runs beside them, in a transaction of its own that sees what theirs does.
 * @returns `day` and `users` of each, as JSON
 */
async function usersOfDays(db: Db, tx: Tx, upTo: string): Promise<string> {
  const [exported] = await tx.execute<{ id: string }>(sql`select pg_export_snapshot() as id`);
  if (!exported) throw new Error("a select returned no row");
  return db.transaction(
    async (beside) => {
      await beside.execute(sql.raw(`set transaction snapshot '${exported.id}'`));
      await beside.execute(sql`set local jit = off`);
      await beside.execute(sql`set local enable_sort = off`);
      const [counted] = await beside.execute<{ days: string }>(sql`
        select coalesce(jsonb_agg(d), '[]')::text as days from (
          select ${sql.raw(dayOf("midnight"))} as day, count(*)::int as users from (
            select ${sql.raw(MIDNIGHT)} as midnight,
              lag(${sql.raw(MIDNIGHT)}) over (partition by user_id order by created_at desc nulls last) as later
            from otp_verifications where user_id is not null and created_at < ${sql.raw(`'${upTo}'`)}
          ) all_days where midnight is distinct from later group by 1) d`);
      if (!counted) throw new Error("a select returned no row");
      return counted.days;
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}
