import { type SQL, sql } from "drizzle-orm";

/** The UTC day a time falls into. */
export const dayOf = (time: SQL): SQL => sql`(${time} at time zone 'UTC')::date`;
export const DAY = dayOf(sql`created_at`);

/**
 * How many accounts days saw more, or fewer, by rows that came or went: by `day`, as `came`. An account was among a
 * day's if it had rows there that the sums know, and is if those are still there or new ones are. Only as many are
 * looked at as it takes: an account under 100 asks a second had seventy of the hour.
 * @param pairs `user_id`, `day`, `fresh`, the count of rows that no sum has had, and `late`, the signed count of those
 *   that changed after they were summed
 * @param settled the instant before which rows are in the sums
 */
export const usersCame = (pairs: SQL, settled: SQL) => sql`(
  select day, sum((fresh > 0 or there > 0)::int - (there - late > 0)::int)::int as came from ${pairs} pairs
  cross join lateral (select count(*) as there from (
    select from otp_verifications ledger where ledger.user_id = pairs.user_id
      and ledger.created_at >= pairs.day::timestamp at time zone 'UTC'
      and ledger.created_at < least((pairs.day + 1)::timestamp at time zone 'UTC', ${settled})
    limit greatest(late, 0) + 1) few) counted
  group by day)`;

/** The counts of `usersCame` over signed rows. */
export const freshAndLate = (settled: SQL): SQL =>
  sql`coalesce(sum(sign) filter (where created_at >= ${settled}), 0)::int as fresh,
    coalesce(sum(sign) filter (where created_at < ${settled}), 0)::int as late`;
