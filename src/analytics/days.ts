import { type SQL, sql } from "drizzle-orm";

/** The UTC day a row falls into. */
export const DAY = "(created_at at time zone 'UTC')::date";

/**
 * How many accounts days saw more, or fewer, by rows that came or went: by `day`, as `came`. Whether an account is among
 * a day's is told by its rows of that day now, and by how many of them came. Only as many are looked at as came, and one
 * more: an account under 100 asks a second had seventy of the hour.
 * @param pairs `user_id`, `day` and `brought`, the signed count of such rows
 * @param upTo rows from here on count neither then nor now
 */
export const usersCame = (pairs: SQL, upTo: SQL) => sql`(
  select day, sum((there > 0)::int - (there - brought > 0)::int)::int as came from ${pairs} pairs
  cross join lateral (select count(*) as there from (
    select from otp_verifications o where o.user_id = pairs.user_id
      and o.created_at >= pairs.day::timestamp at time zone 'UTC'
      and o.created_at < least((pairs.day + 1)::timestamp at time zone 'UTC', ${upTo})
    limit greatest(brought, 0) + 1) few) counted
  group by day)`;
