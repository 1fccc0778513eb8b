import type { Db } from "@/db/client";
import { BUCKET_COLUMNS, EDGES, percentile } from "./buckets";
import { atOneInstant } from "./instant";
import { type Grouping, largest, MOST_GROUPS, type Narrowing, type Range, type Sums, sumsOf, wholeDays } from "./sums";

export type Funnel = {
  asked: number;
  sent: number;
  verified: number;
  /** Verified of asked. Rates are null where they would divide by zero. */
  conversion: number | null;
  /** Wrong guesses of all guesses. */
  wrongCodeRate: number | null;
  /** Replaced codes of all asked for. */
  resendRate: number | null;
  timeToVerify: {
    p50Seconds: number | null;
    p95Seconds: number | null;
    histogram: { upToSeconds: number | null; count: number }[];
  };
};

export type Compared = Funnel & { previous: Funnel };

/** The equally long range before. */
const before = ({ from, to }: Range): Range => ({ from: new Date(2 * from.getTime() - to.getTime()), to: from });

/** The funnel of a range and of the range before it. */
export function funnel(db: Db, range: Range, narrowing: Narrowing): Promise<Compared> {
  return atOneInstant(db, async (tx) => {
    const [now] = await sumsOf(tx, range, narrowing, null);
    const [previous] = await sumsOf(tx, before(range), narrowing, null);
    return { ...tell(now), previous: tell(previous) };
  });
}

/** The funnel of each group, largest first. Mail domains are read by whole UTC days. */
export function breakdown(
  db: Db,
  asked: Range,
  narrowing: Narrowing,
  by: Grouping,
): Promise<(Compared & { group: string })[]> {
  const range = by === "mailDomain" ? wholeDays(asked) : asked;
  return atOneInstant(db, async (tx) => {
    const only = await largest(tx, range, narrowing, by, MOST_GROUPS);
    const groups = await sumsOf(tx, range, narrowing, by, only);
    const previous = new Map((await sumsOf(tx, before(range), narrowing, by, only)).map((sums) => [sums.group, sums]));
    return groups
      .map((sums) => ({ group: sums.group, ...tell(sums), previous: tell(previous.get(sums.group)) }))
      .sort((a, b) => b.asked - a.asked || a.group.localeCompare(b.group));
  });
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
