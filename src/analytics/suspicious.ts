import { type SQL, sql } from "drizzle-orm";
import { env } from "@/env";
import { refusalsSince } from "./refusals";

/**
 * A rule that fired. The key is an account's id, an IP address or a number block; for refusals: attempt, purpose ("-"
 * for none), rule.
 */
export type Suspicion = {
  rule:
    | "many failures on one account"
    | "one address on many accounts"
    | "a burst to one number block"
    | "text messages to one block"
    | "text messages of a day"
    | "a block that verifies nothing"
    | "refusals past the log";
  key: string;
  count: number;
};

/**
 * What looks like an attack in the last hour, at most 50 findings a rule. A block is a number's first seven digits.
 * Refusals are counted from the clock hour before.
 * The hour is summed first: 360,000 rows of a busy one become twelve thousand.
 */
export function suspicious(): SQL {
  const { smsMost: most, smsKept: kept } = env();
  return sql`
  with recent as materialized (
    select user_id, email, phone, ip_address, sum(attempts - is_verified::int) as wrong, count(*) as asked from otp_verifications
    where created_at > now() - interval '1 hour' group by 1, 2, 3, 4
  )
  select coalesce(jsonb_agg(to_jsonb(found) order by count desc, key), '[]') from (
    (select 'many failures on one account' as rule, user_id::text as key, sum(wrong)::int as count from recent
      where user_id is not null group by user_id having sum(wrong) >= 10 order by 3 desc limit 50)
    union all
    (select 'one address on many accounts', ip_address, count(*)::int from (
        select distinct ip_address, coalesce(email, phone) from recent
        where ip_address is not null and coalesce(email, phone) is not null) pairs
      group by 2 having count(*) >= 10 order by 3 desc limit 50)
    union all
    (select 'a burst to one number block', left(phone, 8), count(*)::int from (
        select distinct phone from recent where phone like '+%') numbers
      group by 2 having count(*) >= 10 order by 3 desc limit 50)
    union all
    -- What is used up now (limits/sms.ts): a block's hour, by strangers, known devices or notices; the strangers' part of
    -- the day; and blocks whose last twenty messages came to nothing.
    (select 'text messages to one block', substr(key, 11), total::int from (
      select key, (select sum(value::int) from jsonb_each(hits) where key::int > floor(extract(epoch from now()) / 60)::int - 60) as total
      from limit_windows where key like 'sms-block %') w 
      where total >= case when key like '% known devices' then ${kept.blockHourly}::int
        when key like '% notices' then ${most.blockHourly}::int else ${most.blockHourly - kept.blockHourly}::int end order by 3 desc limit 50)
    union all
    (select 'text messages of a day', substr(key, 9), (hits ->> 'day')::int from limit_windows
      where key = 'sms-day ' || (now() at time zone 'UTC')::date and (hits ->> 'day')::int >= ${most.daily - kept.daily}::int)
    union all
    (select 'a block that verifies nothing', block || case when known then ' known devices' else '' end, 20 from (
        select left(phone, 8) as block from recent where phone like '+%' group by 1 order by sum(asked) desc limit 50) busy
      cross join (values (false), (true)) share (known)
      cross join lateral (
        select count(*) as sent, count(*) filter (where is_verified) as verified, max(created_at) as newest from (
          select is_verified, created_at from otp_verifications
          where left(phone, 8) = block and phone is not null and sent_at is not null and (device is not null) = known
            and (is_verified or expires_at <= now() and (known or purpose in ('sign-up', 'phone-change')))
            and created_at > now() - interval '24 hours'
          order by created_at desc nulls last limit 20) last) came
      where sent = 20 and verified < 4 and newest > now() - interval '30 minutes')
    union all
    (select 'refusals past the log', attempt || ' ' || coalesce(nullif(purpose, ''), '-') || ' ' || rule, sum(count)::int from refusal_counts
      where hour >= ${refusalsSince} group by attempt, purpose, rule having sum(count) >= 10 order by 3 desc limit 50)
  ) found`;
}
