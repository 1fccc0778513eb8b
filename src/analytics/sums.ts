import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS, SUM_NAMES } from "./cells";
import { STALE_SECONDS } from "./snapshots";
import { WAITING } from "./unsettled";

/** Filters on the codes of a range. */
export type Narrowing = {
  purpose?: string | undefined;
  channel?: string | undefined;
  accountType?: string | undefined;
};
export type Range = { from: Date; to: Date };

/** A range extended to whole UTC days. */
export const wholeDays = ({ from, to }: Range): Range => ({ from: down(from, DAY_MS), to: up(to, DAY_MS) });

/** The columns by which sums can be grouped. */
export const GROUPINGS = {
  purpose: "purpose",
  channel: "channel",
  accountType: "user_type",
  country: "country",
  mailDomain: "mail_domain",
} as const;
export type Grouping = keyof typeof GROUPINGS;

/** The most groups shown, the largest first. */
export const MOST_GROUPS = 50;

/** A group and its sums, named as in `SUM_NAMES`. */
export type Sums = { group: string } & Record<string, number>;

/**
 * The sums of a range. Its whole days are read from the days, whole hours at its edges from the hours, whole slots from
 * the slots, and the remainder from the ledger. Rows that are in no sum yet come from the tail's snapshot or the ledger.
 * By mail domain the range must be whole days: there may be thousands of domains, and reading the edge of a day from the
 * ledger took 400 ms. Text messages have no mail domain and are in none of its groups.
 * @param only the groups to sum
 */
export async function sumsOf(
  tx: Tx,
  range: Range,
  narrowing: Narrowing,
  by: Grouping | null,
  only?: string[],
): Promise<Sums[]> {
  const parts = await partsOf(tx, range, narrowing, by, SUM_NAMES);
  if (parts.length === 0 || only?.length === 0) return [];
  const names = sql.raw(SUM_NAMES.map((name) => `coalesce(sum(${name}), 0)::int as ${name}`).join(", "));
  const group = by === null ? sql`''` : sql.raw(GROUPINGS[by]);
  const among = only
    ? sql`and ${group} in (${sql.join(
        only.map((name) => sql`${name}`),
        sql`, `,
      )})`
    : sql``;
  const rows = await tx.execute<Sums>(sql`select ${group} as group, ${names}
    from (${sql.join(parts, sql` union all `)}) parts where ${matching(narrowing, by)} ${among} group by 1`);
  return [...rows];
}

/** The largest groups of a range. Reads one sum only, because there may be thousands of mail domains. */
export async function largest(
  tx: Tx,
  range: Range,
  narrowing: Narrowing,
  by: Grouping,
  limit: number,
): Promise<string[]> {
  const parts = await partsOf(tx, range, narrowing, by, ["asked"]);
  if (parts.length === 0) return [];
  const group = sql.raw(GROUPINGS[by]);
  const rows = await tx.execute<{ group: string }>(sql`select ${group} as group
    from (${sql.join(parts, sql` union all `)}) parts where ${matching(narrowing, by)}
    group by 1 having sum(asked) > 0 order by sum(asked) desc, 1 limit ${limit}`);
  return rows.map((row) => row.group);
}

/** @param names the sums to read: for thousands of mail domains, one sum is read from the index alone, all are not */
async function partsOf(
  tx: Tx,
  { from, to }: Range,
  narrowing: Narrowing,
  by: Grouping | null,
  names: string[],
): Promise<SQL[]> {
  const state = await stateAt(tx, to);
  const settled = state.settled ? new Date(state.settled) : new Date(0);
  const end = new Date(Math.min(to.getTime(), settled.getTime()));
  const unsettled = { from: from > settled ? from : settled, to };
  const isWhole = from <= settled && state.isCovered && by !== "mailDomain";
  const settledParts = (span: Range) =>
    by === "mailDomain" ? domainParts(names, span, narrowing) : cellParts(names, span, end < to);
  return [
    ...(from < end ? settledParts({ from, to: end }) : []),
    // The sums and the tail's snapshot are as of one round, so late changes must not be added to them.
    ...(from < end && state.isChanged && !isWhole ? [waitingPart(names, { from, to: end }, end < to, by)] : []),
    // A Date holds `settled` exactly: it is in whole milliseconds (roll.ts).
    ...(to > settled ? [isWhole ? tailPart(names) : ledgerPart(names, [unsettled], by)] : []),
  ];
}

/**
 * Where the sums end, whether late changes wait, and whether the tail's snapshot is new enough and inside a range that
 * ends at `to`. The snapshot has all rows after the sums, also rows that somebody dated in the future by hand.
 */
async function stateAt(tx: Tx, to: Date) {
  const end = to.toISOString();
  const [state] = await tx.execute<{ settled: string | null; isChanged: boolean; isCovered: boolean }>(sql`
    select (select settled_to::text from otp_roll) as settled, exists (select from otp_late_changes) as "isChanged",
      exists (select from otp_snapshots where key = 'funnel-tail' and as_of <= ${end}::timestamptz
        and as_of > now() - make_interval(secs => ${STALE_SECONDS}))
      and coalesce((select max(created_at) from otp_verifications) < greatest(now(), ${end}::timestamptz), true) as "isCovered"`);
  if (!state) throw new Error("a select returned no row");
  return state;
}

function matching({ purpose, channel, accountType }: Narrowing, by: Grouping | null): SQL {
  const terms = [sql`true`];
  if (purpose !== undefined) terms.push(sql`purpose = ${purpose}`);
  if (channel !== undefined) terms.push(sql`channel = ${channel}`);
  if (accountType !== undefined) terms.push(sql`user_type = ${accountType}`);
  if (by === "mailDomain") terms.push(sql`mail_domain <> ''`);
  return sql.join(terms, sql` and `);
}

/** The columns of every part, in one order. A grouping that the part does not have is ''. */
const part = (names: string[], told: string[]) =>
  sql.raw(
    [...Object.values(GROUPINGS).map((name) => (told.includes(name) ? name : `'' as ${name}`)), ...names].join(", "),
  );
const ofCells = Object.keys(DIMENSIONS);
const ofRows = [...ofCells, "mail_domain"];

const DAY_MS = 86_400_000;
const up = (time: Date, unit: number) => new Date(Math.ceil(time.getTime() / unit) * unit);
const down = (time: Date, unit: number) => new Date(Math.floor(time.getTime() / unit) * unit);

/** A table of cells, its time column, and the milliseconds that a cell covers. */
type Level = { table: string; key: string; unit: number };
const DAYS: Level = { table: "otp_days", key: "day", unit: DAY_MS };
/** Coarsest first. */
const LEVELS: Level[] = [
  DAYS,
  { table: "otp_hours", key: "hour", unit: DAY_MS / 24 },
  { table: "otp_slots", key: "slot", unit: DAY_MS / 288 },
];

const within = (column: string, spans: Range[]) =>
  sql.join(
    // PostgreSQL reads a date from this text too, and the text is in UTC.
    spans.map(
      ({ from, to }) => sql`(${sql.raw(column)} >= ${from.toISOString()} and ${sql.raw(column)} < ${to.toISOString()})`,
    ),
    sql` or `,
  );

const cellsPart = (columns: SQL, { table, key }: Level, spans: Range[]) =>
  sql`select ${columns} from ${sql.raw(table)} where ${within(key, spans)}`;

/** @param whole whether the sums end at `to`: then the cell of `to` holds nothing after it, and is read whole */
function cellParts(names: string[], range: Range, whole: boolean): SQL[] {
  const spans = spansOf(range, whole);
  const of = (level: Level | undefined) => spans.filter((span) => span.level === level);
  const edges = of(undefined);
  return [
    ...LEVELS.filter((level) => of(level).length > 0).map((level) => cellsPart(part(names, ofCells), level, of(level))),
    ...(edges.length > 0 ? [ledgerPart(names, edges)] : []),
  ];
}

/** Splits a range into spans, each with the coarsest level whose cells fill it; without a level if none do. */
function spansOf(
  { from, to }: Range,
  whole: boolean,
  [level, ...finer] = LEVELS,
): (Range & { level: Level | undefined })[] {
  if (from >= to) return [];
  if (!level) return [{ from, to, level }];
  const first = up(from, level.unit);
  const last = (whole ? up : down)(to, level.unit);
  if (first >= last) return spansOf({ from, to }, whole, finer);
  return [
    ...spansOf({ from, to: first }, false, finer),
    { from: first, to: last, level },
    ...spansOf({ from: last, to }, whole, finer),
  ];
}

/** Mail domains have sums by the day only. Without a filter a table with a third of the rows is enough. */
function domainParts(names: string[], range: Range, { purpose, channel, accountType }: Narrowing): SQL[] {
  const isNarrowed = [purpose, channel, accountType].some((value) => value !== undefined);
  const [table, told] = isNarrowed
    ? ["otp_domains", ofRows.filter((name) => name !== "country")]
    : ["otp_domain_days", ["mail_domain"]];
  return [cellsPart(part(names, told), { ...DAYS, table }, [wholeDays(range)])];
}

/** Rows of the ledger, summed as the roll-up sums them. */
const ledgerPart = (names: string[], spans: Range[], by: Grouping | null = null): SQL =>
  rowsPart(names, sql`select 1 as sign, ${COLUMNS} from otp_verifications where ${within("created_at", spans)}`, by);

/** Late changes of rows that are read from the sums. At a range's edges the ledger is read, which has them already. */
function waitingPart(names: string[], range: Range, whole: boolean, by: Grouping | null): SQL {
  const spans = by === "mailDomain" ? [wholeDays(range)] : spansOf(range, whole).filter(({ level }) => level);
  const among = spans.length > 0 ? within("created_at", spans) : sql`false`;
  return rowsPart(names, sql`select * from (${WAITING}) waiting where ${among}`, by);
}

function rowsPart(names: string[], rows: SQL, by: Grouping | null): SQL {
  if (by !== "mailDomain")
    return sql`select ${part(names, ofCells)} from (${cellsOf(sql`(${rows})`, DIMENSIONS)}) cells`;
  const keys = { ...DIMENSIONS, mail_domain: sql`coalesce(mail_domain, '')` };
  return sql`select ${part(names, ofRows)} from (${cellsOf(sql`(${rows})`, keys)}) cells`;
}

/** The snapshot of all rows that have not settled. */
const tailPart = (names: string[]) =>
  sql`select ${part(names, ofCells)} from otp_snapshots, jsonb_to_recordset(data) tail(${sql.raw(
    [...ofCells.map((name) => `${name} text`), ...SUM_NAMES.map((name) => `${name} int`)].join(", "),
  )}) where key = 'funnel-tail'`;
