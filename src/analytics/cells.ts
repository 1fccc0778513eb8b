import { type SQL, sql } from "drizzle-orm";
import { BUCKET_COLUMNS, bucketOf } from "./buckets";

/** The columns of the ledger that the sums know of. */
export const COLUMNS = sql.raw(
  "created_at, user_id, purpose, channel, user_type, country, mail_domain, is_verified, verified_at, sent_at, superseded_at, attempts",
);

/** What a funnel's cell is made of. A row put in by hand may have neither purpose nor channel. */
export const DIMENSIONS = sql.raw(
  "coalesce(purpose, '') as purpose, coalesce(channel, '') as channel, user_type, coalesce(country, '') as country",
);

/** The hour a row falls into: hours of UTC begin where those of PostgreSQL's own zone may not. */
export const HOUR = sql.raw("date_bin('1 hour', created_at, '2000-01-01 00:00+00')");

/** The names of a cell's sums, in the order of `SUMS`. */
export const SUM_NAMES = ["asked", "sent", "verified", "superseded", "attempts", ...BUCKET_COLUMNS];

/** The sums of a cell over signed rows. */
export const SUMS: SQL = sql.raw(
  [
    "sum(sign)",
    "sum(sign) filter (where sent_at is not null)",
    "sum(sign) filter (where is_verified)",
    "sum(sign) filter (where superseded_at is not null)",
    "sum(sign * attempts)",
    ...BUCKET_COLUMNS.map((_, at) => `sum(sign) filter (where bucket = ${at})`),
  ]
    .map((sum, at) => `coalesce(${sum}, 0)::int as ${SUM_NAMES[at]}`)
    .join(", "),
);

/** Signed rows with their bucket, computed once a row (`offset 0`): in each filter anew it took twenty times as long. */
export const bucketed = (source: SQL): SQL =>
  sql`(select *, case when is_verified then ${bucketOf} end as bucket from ${source} s offset 0) b`;
