import { EDGES } from "./buckets";
import { GROUPINGS, type Grouping, MOST_GROUPS, type Narrowing, type Range, wholeDays } from "./sums";

/*
 * Each panel's question as SQL on the ledger, to run in psql in any time zone. The panels answer from sums and
 * snapshots; a test compares both. Values are written into the text: only numbers, times and our own names may come in.
 */

export const PANELS = [
  "overview",
  "dailyStats",
  "topUsers",
  "requestCounts",
  "failedAttempts",
  "funnel",
  "breakdown",
  "suspicious",
] as const;

/** The parameters of all panels. */
export type Asked = Range &
  Narrowing & { days: number; hours: number; limit: number; minAttempts: number; by: Grouping };

const texts: Record<(typeof PANELS)[number], (asked: Asked) => string> = {
  overview: () => overview,
  dailyStats: ({ days }) => dailyStats(days),
  topUsers: ({ days, limit }) => topUsers(days, limit),
  requestCounts: ({ hours, limit }) => requestCounts(hours, limit),
  failedAttempts: ({ minAttempts }) => failedAttempts(minAttempts),
  funnel: (asked) => funnel(asked, null),
  breakdown: (asked) => funnel(asked, asked.by),
  suspicious: () => suspicious,
};

/** The SQL of a panel's question, to copy. */
export const questionSql = (panel: (typeof PANELS)[number], asked: Asked): string => texts[panel](asked);

const overview = `-- Monitoring queries of documents 001 and 002. Shown from a snapshot of at most a minute ago.
select
  (select count(*) from users where is_active) as active_users,
  (select count(*) from users where email_verified or phone_verified) as verified_users,
  (select count(*) from otp_verifications where not is_verified and expires_at > now()) as pending_otps,
  (select count(*) from signup_otps where not is_verified and expires_at > now()) as active_signup_otps,
  (select count(*) from otp_verifications where purpose = 'sign-up' and is_verified) as verified_signup_otps,
  (select count(*) from users where locked_until > now() or codes_closed_until > now()) as locked_accounts,
  (select count(*) from demo_users where is_active) as active_demo_users;`;

const dailyStats = (
  days: number,
) => `-- Daily OTP statistics (document 000), by the UTC day. Shown from a snapshot of at most a minute ago.
select day::date as date, count(o.s_no) as total_otps, count(*) filter (where is_verified) as verified,
  count(distinct user_id) as unique_users, coalesce(round(avg(attempts), 4), 0) as avg_attempts
from generate_series(date_trunc('day', now() at time zone 'UTC') - interval '${days - 1} days', now() at time zone 'UTC', interval '1 day') day
  left join otp_verifications o
    on o.created_at >= day at time zone 'UTC' and o.created_at < (day + interval '1 day') at time zone 'UTC'
group by 1 order by 1 desc;`;

const topUsers = (
  days: number,
  limit: number,
) => `-- Top users by OTP requests (document 000). Shown from a snapshot of at most a minute ago.
select u.id, u.name, u.phone_number as phone, u.email, count(*) as total_requests,
  count(*) filter (where o.is_verified) as successful, round(avg(o.attempts), 4) as avg_attempts
from otp_verifications o join users u on u.id = o.user_id
where o.created_at >= now() - interval '${24 * days} hours'
group by u.id order by total_requests desc, u.id limit ${limit};`;

const requestCounts = (
  hours: number,
  limit: number,
) => `-- OTP requests per user (document 000). 24 hours are shown from a snapshot of at most a minute ago.
select u.id, u.name, u.phone_number as phone, count(*) as otp_count
from otp_verifications o join users u on u.id = o.user_id
where o.created_at >= now() - interval '${hours} hours'
group by u.id order by otp_count desc, u.id limit ${limit};`;

const failedAttempts = (
  minAttempts: number,
) => `-- Users with failed attempts (document 000). The panel reads the same rows, page by page.
select o.s_no, o.user_id, u.name, coalesce(o.phone, u.phone_number) as phone, coalesce(o.email, u.email) as email,
  o.purpose, o.attempts, o.created_at
from otp_verifications o left join users u on u.id = o.user_id
where not o.is_verified and o.attempts >= ${minAttempts}
order by o.created_at desc, o.s_no desc limit 50;`;

/** The last bucket shows its lower edge: it has no upper one. */
const quantile = (share: number) =>
  `(array[${[...EDGES, EDGES.at(-1)].join(", ")}])[percentile_disc(${share}) within group (order by bucket) + 1]`;

function funnel({ purpose, channel, accountType, ...asked }: Range & Narrowing, by: Grouping | null): string {
  const { from, to } = by === "mailDomain" ? wholeDays(asked) : asked;
  const narrowing = { purpose, channel, accountType };
  const group = by === null ? "" : `coalesce(${GROUPINGS[by]}, '') as ${GROUPINGS[by]}, `;
  return `-- Asked for, sent, verified. The panel reads sums by the hour and day; times are the upper edges of their buckets.
select ${group}count(*) as asked, count(sent_at) as sent, count(*) filter (where is_verified) as verified,
  count(*) filter (where is_verified) / nullif(count(*), 0)::float8 as conversion,
  greatest(0, sum(attempts) - count(*) filter (where is_verified)) / nullif(sum(attempts), 0)::float8 as wrong_code_rate,
  count(superseded_at) / nullif(count(*), 0)::float8 as resend_rate,
  ${quantile(0.5)} as p50_seconds,
  ${quantile(0.95)} as p95_seconds
from (
  select *, case when is_verified then width_bucket(
    greatest(0, extract(epoch from verified_at - created_at)::float8), array[${EDGES.join(",")}]::float8[]) end as bucket
  from otp_verifications
  where created_at >= '${from.toISOString()}' and created_at < '${to.toISOString()}'${narrowed(narrowing)}${by === "mailDomain" ? " and mail_domain <> ''" : ""}
) codes${by === null ? ";" : `\ngroup by 1 order by asked desc, 1 limit ${MOST_GROUPS};`}`;
}

const narrowed = ({ purpose, channel, accountType }: Narrowing) =>
  [
    purpose === undefined ? "" : ` and purpose = '${purpose}'`,
    channel === undefined ? "" : ` and channel = '${channel}'`,
    accountType === undefined ? "" : ` and user_type = '${accountType}'`,
  ].join("");

const suspicious = `-- What looks like an attack, in the last hour. Shown from a snapshot of at most a minute ago.
select 'many failures on one account' as rule, user_id::text as key, sum(attempts - is_verified::int) as count
from otp_verifications where created_at > now() - interval '1 hour' and user_id is not null
group by 2 having sum(attempts - is_verified::int) >= 10
union all
select 'one address on many accounts', ip_address, count(distinct coalesce(email, phone))
from otp_verifications where created_at > now() - interval '1 hour' and ip_address is not null
group by 2 having count(distinct coalesce(email, phone)) >= 10
union all
select 'a burst to one number block', left(phone, 8), count(distinct phone)
from otp_verifications where created_at > now() - interval '1 hour' and phone like '+%'
group by 2 having count(distinct phone) >= 10
union all
select 'refusals past the log', attempt || ' ' || coalesce(nullif(purpose, ''), '-') || ' ' || rule, sum(count)
from refusal_counts where hour >= date_trunc('hour', now(), 'UTC') - interval '1 hour'
group by 2 having sum(count) >= 10
order by count desc, key;`;
