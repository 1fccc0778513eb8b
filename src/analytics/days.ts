import { type SQL, sql } from "drizzle-orm";

/** The UTC day of a time. */
export const dayOf = (time: SQL): SQL => sql`(${time} at time zone 'UTC')::date`;
export const DAY = dayOf(sql`created_at`);

/**
 * The change in each day's number of accounts: `day`, `came`. An account counts on a day on which it has a row. Only as
 * many rows are read as needed: at 100 asks a second, one account had seventy in an hour.
 * @param pairs `user_id`, `day`, `fresh` (rows in no sum yet), `late` (the signed count of late changes)
 * @param settled rows before this instant are in the sums
 */
export const usersCame = (pairs: SQL, settled: SQL) => sql`(
  select day, sum((fresh > 0 or there > 0)::int - (there - late > 0)::int)::int as came from ${pairs} pairs
  cross join lateral (select count(*) as there from (
    select from otp_verifications ledger where ledger.user_id = pairs.user_id
      and ledger.created_at >= pairs.day::timestamp at time zone 'UTC'
      and ledger.created_at < least((pairs.day + 1)::timestamp at time zone 'UTC', ${settled})
    limit greatest(late, 0) + 1) few) counted
  group by day)`;

/** `fresh` and `late` of `usersCame`, over signed rows. */
export const freshAndLate = (settled: SQL): SQL =>
  sql`coalesce(sum(sign) filter (where created_at >= ${settled}), 0)::int as fresh,
    coalesce(sum(sign) filter (where created_at < ${settled}), 0)::int as late`;
