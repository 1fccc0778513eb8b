import { sql } from "drizzle-orm";

/** What was found: the rule that fired, at which account (id), IP or number block, and how often. */
export type Suspicion = {
  rule: "many failures on one account" | "one address on many accounts" | "a burst to one number block";
  key: string;
  count: number;
};

/**
 * What looks like an attack in the last hour: many wrong codes at one account, one IP asking for many accounts, many
 * codes to one block of numbers (the first seven digits). At most 50 of each.
 */
export const suspicious = sql`
  with recent as materialized (
    select user_id, email, phone, ip_address, attempts - is_verified::int as wrong from otp_verifications
    where created_at > now() - interval '1 hour'
  )
  select coalesce(jsonb_agg(to_jsonb(found) order by count desc, key), '[]') from (
    (select 'many failures on one account' as rule, user_id::text as key, sum(wrong)::int as count from recent
      where user_id is not null group by user_id having sum(wrong) >= 10 order by 3 desc limit 50)
    union all
    (select 'one address on many accounts', ip_address, count(distinct coalesce(email, phone))::int from recent
      where ip_address is not null group by ip_address having count(distinct coalesce(email, phone)) >= 10 order by 3 desc limit 50)
    union all
    (select 'a burst to one number block', left(phone, 8), count(distinct phone)::int from recent
      where phone like '+%' group by left(phone, 8) having count(distinct phone) >= 10 order by 3 desc limit 50)
  ) found`;
