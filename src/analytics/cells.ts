import { type SQL, sql } from "drizzle-orm";
import { BUCKET_COLUMNS, bucketOf } from "./buckets";

/** The columns of the ledger that the sums know of. */
export const COLUMNS = sql.raw(
  "created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts",
);

/** What a funnel's cell is made of. A row put in by hand may have neither purpose nor channel. */
export const DIMENSIONS = {
  purpose: "coalesce(purpose, '')",
  channel: "coalesce(channel, '')",
  user_type: "user_type",
  country: "coalesce(country, '')",
};

/** The five minutes, or the hour, a time falls into: those of UTC begin where those of PostgreSQL's own zone may not. */
export const slotOf = (time: string) => `date_bin('5 minutes', ${time}, '2000-01-01 00:00+00')`;
export const hourOf = (time: string) => `date_bin('1 hour', ${time}, '2000-01-01 00:00+00')`;

const COUNTS = {
  asked: "sum(sign)",
  sent: "sum(sign) filter (where sent_at is not null)",
  verified: "sum(sign) filter (where is_verified)",
  superseded: "sum(sign) filter (where superseded_at is not null)",
  attempts: "sum(sign * attempts)",
};

/** The names of a cell's sums. */
export const SUM_NAMES = [...Object.keys(COUNTS), ...BUCKET_COLUMNS];

const SUMS = [
  ...Object.keys(COUNTS).map((name) => [name, `sum(${name})`]),
  ...BUCKET_COLUMNS.map((name, at) => [name, `sum(asked) filter (where bucket = ${at})`]),
];

/**
 * Signed rows summed into cells. First by bucket too, then the buckets side by side: 37 sums of each row took a quarter
 * more processor time.
 * @param keys what a cell is told apart by: names and their expressions
 */
export function cellsOf(source: SQL, keys: Record<string, string>): SQL {
  const list = (parts: (string | number)[]) => sql.raw(parts.join(", "));
  const named = (expressions: Record<string, string>) =>
    list(Object.entries(expressions).map(([name, expression]) => `${expression} as ${name}`));
  const names = Object.keys(keys);
  return sql`select ${list([...names, ...SUMS.map(([name, sum]) => `coalesce(${sum}, 0)::int as ${name}`)])}
    from (select ${named(keys)}, case when is_verified then ${bucketOf} end as bucket, ${named(COUNTS)}
      from ${source} s group by ${list([...names, "bucket"].map((_, at) => at + 1))}) b
    group by ${list(names)}`;
}
