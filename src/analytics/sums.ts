import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS, SUM_NAMES } from "./cells";
import { STALE_SECONDS } from "./snapshots";
import { WAITING } from "./unsettled";

export type Narrowing = {
  purpose?: string | undefined;
  channel?: string | undefined;
  accountType?: string | undefined;
};
export type Range = { from: Date; to: Date };

/** The whole UTC days of a range. */
export const wholeDays = ({ from, to }: Range): Range => ({ from: down(from, DAY_MS), to: up(to, DAY_MS) });

export const GROUPINGS = {
  purpose: "purpose",
  channel: "channel",
  accountType: "user_type",
  country: "country",
  mailDomain: "mail_domain",
} as const;
export type Grouping = keyof typeof GROUPINGS;

export const MOST_GROUPS = 50;

export type Sums = { group: string } & Record<string, number>;

/**
 * The sums of a range: days, then hours and slots at its edges, then the ledger. Rows in no sum yet come from the
 * tail's snapshot or the ledger.
 * By mail domain the range must be whole days: an edge read from the ledger took 400 ms, because there may be thousands
 * of domains. Text messages have no mail domain and are in no group.
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

/** The largest groups, by one sum: there may be thousands. */
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

/** @param names the sums to read: one is read from the index alone, all are not */
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
    // Sums and snapshot are as of one round, so no late changes are added.
    ...(from < end && state.isChanged && !isWhole ? [waitingPart(names, { from, to: end }, end < to, by)] : []),
    // A Date holds `settled` exactly (roll.ts).
    ...(to > settled ? [isWhole ? tailPart(names) : ledgerPart(names, [unsettled], by)] : []),
  ];
}

/**
 * Where the sums end, whether late changes wait, and whether the tail's snapshot can serve a range that ends at `to`:
 * it has all later rows, also some dated in the future.
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

/** The columns of every part; '' for a missing dimension. */
const part = (names: string[], told: string[]) =>
  sql.raw(
    [...Object.values(GROUPINGS).map((name) => (told.includes(name) ? name : `'' as ${name}`)), ...names].join(", "),
  );
const ofCells = Object.keys(DIMENSIONS);
const ofRows = [...ofCells, "mail_domain"];

const DAY_MS = 86_400_000;
const up = (time: Date, unit: number) => new Date(Math.ceil(time.getTime() / unit) * unit);
const down = (time: Date, unit: number) => new Date(Math.floor(time.getTime() / unit) * unit);

/** `unit`: the milliseconds of a cell. */
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
    // PostgreSQL reads dates from this text too, in UTC.
    spans.map(
      ({ from, to }) => sql`(${sql.raw(column)} >= ${from.toISOString()} and ${sql.raw(column)} < ${to.toISOString()})`,
    ),
    sql` or `,
  );

const cellsPart = (columns: SQL, { table, key }: Level, spans: Range[]) =>
  sql`select ${columns} from ${sql.raw(table)} where ${within(key, spans)}`;

/** @param whole the sums end at `to`, so its cell can be read whole */
function cellParts(names: string[], range: Range, whole: boolean): SQL[] {
  const spans = spansOf(range, whole);
  const of = (level: Level | undefined) => spans.filter((span) => span.level === level);
  const edges = of(undefined);
  return [
    ...LEVELS.filter((level) => of(level).length > 0).map((level) => cellsPart(part(names, ofCells), level, of(level))),
    ...(edges.length > 0 ? [ledgerPart(names, edges)] : []),
  ];
}

/** Splits a range into spans, each of the coarsest level that fits; of no level if none does. */
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

/** Without a filter a third of the rows is enough. */
function domainParts(names: string[], range: Range, { purpose, channel, accountType }: Narrowing): SQL[] {
  const isNarrowed = [purpose, channel, accountType].some((value) => value !== undefined);
  const [table, told] = isNarrowed
    ? ["otp_domains", ofRows.filter((name) => name !== "country")]
    : ["otp_domain_days", ["mail_domain"]];
  return [cellsPart(part(names, told), { ...DAYS, table }, [wholeDays(range)])];
}

const ledgerPart = (names: string[], spans: Range[], by: Grouping | null = null): SQL =>
  rowsPart(names, sql`select 1 as sign, ${COLUMNS} from otp_verifications where ${within("created_at", spans)}`, by);

/** Late changes of what is read from sums. The ledger, read at a range's edges, already has them. */
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

const tailPart = (names: string[]) =>
  sql`select ${part(names, ofCells)} from otp_snapshots, jsonb_to_recordset(data) tail(${sql.raw(
    [...ofCells.map((name) => `${name} text`), ...SUM_NAMES.map((name) => `${name} int`)].join(", "),
  )}) where key = 'funnel-tail'`;
