import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { BUCKET_COLUMNS, EDGES, percentile } from "./buckets";
import { bucketed, COLUMNS, DIMENSIONS, SUM_NAMES, SUMS } from "./cells";
import { atOneInstant } from "./instant";

/** What a funnel is narrowed to. */
export type Narrowing = {
  purpose?: string | undefined;
  channel?: string | undefined;
  accountType?: string | undefined;
};
export type Range = { from: Date; to: Date };

/** A stretch of time: how many codes were asked for, sent and verified, and how long that took. */
export type Funnel = {
  asked: number;
  sent: number;
  verified: number;
  /** Verified of asked; null of nothing. */
  conversion: number | null;
  /** Wrong guesses of all guesses. */
  wrongCodeRate: number | null;
  /** Codes that a newer one replaced, of all asked for. */
  resendRate: number | null;
  timeToVerify: {
    p50Seconds: number | null;
    p95Seconds: number | null;
    histogram: { upToSeconds: number | null; count: number }[];
  };
};

/** What funnels may be compared by. */
export const GROUPINGS = {
  purpose: "purpose",
  channel: "channel",
  accountType: "user_type",
  country: "country",
} as const;
export type Grouping = keyof typeof GROUPINGS;

type Sums = { group: string } & Record<string, number>;

/** The funnel of a range, and of the same time before it. */
export function funnel(db: Db, { from, to }: Range, narrowing: Narrowing): Promise<Funnel & { previous: Funnel }> {
  const before = { from: new Date(2 * from.getTime() - to.getTime()), to: from };
  return atOneInstant(db, async (tx) => {
    const [now] = await sumsOf(tx, { from, to }, narrowing, null);
    const [previous] = await sumsOf(tx, before, narrowing, null);
    return { ...tell(now), previous: tell(previous) };
  });
}

/** The funnel of a range in parts, the largest first. */
export function breakdown(
  db: Db,
  range: Range,
  narrowing: Narrowing,
  by: Grouping,
): Promise<(Funnel & { group: string })[]> {
  return atOneInstant(db, async (tx) => {
    const groups = await sumsOf(tx, range, narrowing, by);
    return groups.map((sums) => ({ group: sums.group, ...tell(sums) })).sort((a, b) => b.asked - a.asked);
  });
}

/**
 * The sums of a range: whole days from the days, whole hours at its edges from the hours, what is left of its first
 * and last hour from the ledger, and what is in no sum yet from the tail's snapshot, or the ledger.
 */
async function sumsOf(tx: Tx, { from, to }: Range, narrowing: Narrowing, by: Grouping | null): Promise<Sums[]> {
  const [roll] = await tx.execute<{ settled: string | null; tail: string | null }>(sql`
    select (select settled_to::text from otp_roll) as settled, (select as_of::text from otp_snapshots where key = 'funnel-tail') as tail`);
  const settled = roll?.settled ? new Date(roll.settled) : new Date(0);
  const end = new Date(Math.min(to.getTime(), settled.getTime()));
  const parts = [
    ...(from < end ? settledParts(from, end, end < to) : []),
    ...(to > settled ? [tailPart(from, to, settled, roll?.tail ? new Date(roll.tail) : null)] : []),
  ];
  if (parts.length === 0) return [];
  const names = sql.raw(SUM_NAMES.map((name) => `coalesce(sum(${name}), 0)::int as ${name}`).join(", "));
  const group = by === null ? sql`''` : sql.raw(GROUPINGS[by]);
  const rows = await tx.execute<Sums>(sql`select ${group} as group, ${names}
    from (${sql.join(parts, sql` union all `)}) parts where ${matching(narrowing)} group by 1`);
  return [...rows];
}

function matching({ purpose, channel, accountType }: Narrowing): SQL {
  const terms = [sql`true`];
  if (purpose !== undefined) terms.push(sql`purpose = ${purpose}`);
  if (channel !== undefined) terms.push(sql`channel = ${channel}`);
  if (accountType !== undefined) terms.push(sql`user_type = ${accountType}`);
  return sql.join(terms, sql` and `);
}

const CELL = sql.raw(["purpose", "channel", "user_type", "country", ...SUM_NAMES].join(", "));
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const iso = (ms: number) => new Date(ms).toISOString();

/** @param whole whether `end` is where the sums end, so that its hour's cell holds nothing after it */
function settledParts(from: Date, end: Date, whole: boolean): SQL[] {
  const up = (unit: number) => Math.ceil(from.getTime() / unit) * unit;
  const down = (unit: number) => (whole ? Math.ceil : Math.floor)(end.getTime() / unit) * unit;
  const [firstHour, lastHour, firstDay, lastDay] = [up(HOUR_MS), down(HOUR_MS), up(DAY_MS), down(DAY_MS)];
  const hours = (a: number, b: number) =>
    sql`select ${CELL} from otp_hours where hour >= ${iso(a)} and hour < ${iso(b)}`;
  const ledger = (a: number, b: number) => ledgerPart(iso(a), iso(b));
  if (firstHour >= lastHour) return [ledger(from.getTime(), end.getTime())];
  const parts = [];
  if (firstHour > from.getTime()) parts.push(ledger(from.getTime(), firstHour));
  if (firstDay < lastDay) {
    parts.push(hours(firstHour, firstDay));
    parts.push(
      sql`select ${CELL} from otp_days where day >= ${iso(firstDay).slice(0, 10)} and day < ${iso(lastDay).slice(0, 10)}`,
    );
    parts.push(hours(lastDay, lastHour));
  } else parts.push(hours(firstHour, lastHour));
  if (!whole && lastHour < end.getTime()) parts.push(ledger(lastHour, end.getTime()));
  return parts;
}

/** Rows of the ledger itself, summed as the roll-up would. */
function ledgerPart(from: string, to: string): SQL {
  const rows = sql`(select 1 as sign, ${COLUMNS} from otp_verifications where created_at >= ${from} and created_at < ${to})`;
  return sql`select ${CELL} from (select ${DIMENSIONS}, ${SUMS} from ${bucketed(rows)} group by 1, 2, 3, 4) l`;
}

/** What has not settled: the snapshot, where the range covers all of it and it is not stale, else the ledger. */
function tailPart(from: Date, to: Date, settled: Date, asOf: Date | null): SQL {
  const isWhole = from <= settled && asOf !== null && to >= asOf && Date.now() - asOf.getTime() < 60_000;
  // `settled` is a whole millisecond (roll.ts), so nothing of it is lost in a Date.
  if (!isWhole) return ledgerPart((from > settled ? from : settled).toISOString(), to.toISOString());
  const types = [
    "purpose text",
    "channel text",
    "user_type text",
    "country text",
    ...SUM_NAMES.map((name) => `${name} int`),
  ];
  return sql`select ${CELL} from otp_snapshots, jsonb_to_recordset(data) t(${sql.raw(types.join(", "))}) where key = 'funnel-tail'`;
}

function tell(sums: Sums | undefined): Funnel {
  const of = (name: string) => sums?.[name] ?? 0;
  const histogram = BUCKET_COLUMNS.map(of);
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const guesses = of("attempts");
  return {
    asked: of("asked"),
    sent: of("sent"),
    verified: of("verified"),
    conversion: share(of("verified"), of("asked")),
    wrongCodeRate: share(Math.max(0, guesses - of("verified")), guesses),
    resendRate: share(of("superseded"), of("asked")),
    timeToVerify: {
      p50Seconds: percentile(histogram, 0.5),
      p95Seconds: percentile(histogram, 0.95),
      histogram: histogram.map((count, at) => ({ upToSeconds: EDGES[at] ?? null, count })),
    },
  };
}
