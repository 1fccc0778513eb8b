/** Parts of made-up people. Their domains are reserved and belong to nobody (RFC 2606). */
const FIRST = [
  "Ada",
  "Grace",
  "Alan",
  "Edsger",
  "Barbara",
  "Donald",
  "Radia",
  "Ken",
  "Frances",
  "Dennis",
  "Hedy",
  "Tim",
  "Shafi",
  "Leslie",
  "Katherine",
  "Niklaus",
  "Margaret",
  "John",
  "Adele",
  "Tony",
];
const LAST = [
  "Lovelace",
  "Hopper",
  "Turing",
  "Dijkstra",
  "Liskov",
  "Knuth",
  "Perlman",
  "Thompson",
  "Allen",
  "Ritchie",
  "Lamarr",
  "Berners",
  "Goldwasser",
  "Lamport",
  "Johnson",
  "Wirth",
  "Hamilton",
  "Backus",
  "Goldberg",
  "Hoare",
];
const DOMAINS = [
  "mail.example",
  "mail.example",
  "mail.example",
  "mail.example",
  "post.example",
  "post.example",
  "inbox.example",
  "inbox.example",
  "letters.example",
  "school.example",
  "work.example",
  "old-provider.example",
];
const COUNTRIES = ["US", "US", "US", "IN", "IN", "DE", "GB", "FR", "BR", "JP"];
const AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
];

/** @param {string[]} values */
const list = (values) => `(array[${values.map((value) => `'${value}'`).join(", ")}])`;
/** @param {string[]} values @param {string} at an expression of 0 to 1 */
const pick = (values, at) => `${list(values)}[1 + floor(${at} * ${values.length})::int]`;

/**
 * Accounts. Most have an email address, one in eight of these at one of 1,800 rare domains. Three in ten have a phone.
 * One in a hundred is deactivated. Some demo accounts are added.
 */
export const people = `
  with made as (
    insert into users (email, name, phone_number, email_verified, phone_verified, is_profile_complete, is_active, country, created_at, last_login_at)
    select lower(first || '.' || last) || n || '@' || domain, first || ' ' || last,
      case when n % 10 < 3 then '+1415' || lpad((2000000 + n)::text, 7, '0') end,
      true, n % 10 < 3, n % 50 > 0, n % 100 > 0, ${pick(COUNTRIES, "r3")},
      now() - interval '400 days' * random(), now() - interval '20 days' * random()
    from (select n, ${pick(FIRST, "r1")} as first, ${pick(LAST, "r2")} as last, case when r5 < 0.12 then 'company' || floor(r5 * 15000) || '.example' else ${pick(DOMAINS, "r4")} end as domain, r3
      from (select n, random() as r1, random() as r2, random() as r3, random() as r4, random() as r5 from generate_series(1, $1::int) n offset 0) d) p
    returning 1
  )
  insert into demo_users (email, name, email_verified, is_profile_complete)
  select 'demo' || n || '@mail.example', 'Demo ' || n, true, true from generate_series(1, greatest(5, $1::int / 100)) n`;

/**
 * The number of codes in each past hour: fewer at night and at weekends, and more each week.
 * @param {number} _days
 */
export const hours = (_days) => `
  create temp table hours on commit drop as
  with weighed as (
    select at, (0.15 + greatest(0, sin((extract(hour from at at time zone 'UTC') - 5) / 24 * 2 * pi() - 0.6) + 0.6))
      * case when extract(isodow from at at time zone 'UTC') > 5 then 0.6 else 1 end
      * (0.7 + 0.6 * (1 - extract(epoch from now() - at) / ($2::int * 86400.0)))
      * (0.9 + 0.2 * random()) as weight
    from generate_series(date_trunc('hour', now() - make_interval(days => $2::int)), now(), interval '1 hour') at
  ), summed as (select at, weight, sum(weight) over (order by at) as upto, sum(weight) over () as total from weighed)
  select at, (round($1::int * upto / total) - round($1::int * (upto - weight) / total))::int as codes from summed`;

/**
 * The codes, hour by hour. A few accounts ask often. Purpose and success depend on the channel and the mail domain, one
 * of which is slow.
 * @param {number} accounts
 */
export const codes = (accounts) => `
  insert into otp_verifications (user_id, email, phone, purpose, channel, mail_domain, country, created_at, expires_at,
    attempts, is_verified, verified_at, superseded_at, sent_at, ip_address, user_agent, browser)
  select u.id, case when sms then null else u.email end, case when sms then u.phone_number end, purpose,
    case when sms then 'sms' else 'email' end, case when sms then null else split_part(u.email, '@', 2) end,
    case when sms then 'US' end, at, at + make_interval(mins => case purpose when 'verification' then 15 else case when sms then 5 else 10 end end),
    case when ok then 1 + (r4 < 0.12)::int + (r4 < 0.03)::int when r6 < 0.4 then 1 + floor(r4 * 3)::int else 0 end,
    ok, case when ok then at + make_interval(secs => least(280, exp(2.9 + 0.8 * (r6 + r7 + r4 - 1.5) * 2)
      * case when not sms and u.email like '%@old-provider.example' then 4 else 1 end)) end,
    case when not ok and r7 > 0.5 then at + make_interval(secs => 60 + 200 * r4) end,
    case when r6 < 0.985 then at + make_interval(secs => 0.3 + r7 * 2) end,
    '10.' || (abs(u.s_no) / 60000 % 250) || '.' || (u.s_no / 250 % 240) || '.' || (u.s_no % 250), ${pick(AGENTS, "r1")}, md5(u.s_no::text)
  from (
    select case when at > now() then now() - interval '1 minute' * r1 else at end as at, r1, r4, r5, r6, r7, who, wants_sms,
      (array['sign-in', 'sign-in', 'sign-in', 'sign-in', 'sign-in', 'sign-up', 'sign-up', 'password-reset', 'verification', 'email-change'])[1 + floor(r2 * 10)::int] as purpose
    from (
      select h.at + interval '1 hour' * random() as at, random() as r1, random() as r2, random() as r4, random() as r5,
        random() as r6, random() as r7, 1 + floor(${accounts} * power(random(), 2))::int as who, random() < 0.3 as wants_sms
      from (select * from hours order by at) h cross join lateral generate_series(1, h.codes) offset 0
    ) drawn offset 0
  ) d
  join (select id, s_no, email, phone_number, row_number() over (order by s_no) as place from users) u on u.place = d.who
  cross join lateral (select wants_sms and u.phone_number is not null and purpose <> 'verification' and purpose <> 'email-change' as sms) c
  cross join lateral (select r5 > case when sms then 0.22 else 0.16 end + case when u.email like '%@old-provider.example' then 0.25 else 0 end as ok) v
  order by at`;

/** One code in a hundred belongs to a demo account. */
export const demoCodes = `
  insert into otp_verifications (demo_user_id, user_type, email, purpose, channel, mail_domain, created_at, expires_at,
    attempts, is_verified, verified_at, sent_at, ip_address)
  select d.id, 'demo', d.email, (array['sign-in', 'sign-in', 'sign-up'])[1 + floor(r1 * 3)::int], 'email', 'mail.example', at,
    at + interval '10 minutes', ok::int, ok, case when ok then at + make_interval(secs => 10 + 60 * r2) end, at, '192.0.2.' || floor(r1 * 250)
  from (
    select now() - make_interval(days => $2::int) * random() as at, random() as r1, random() as r2, random() < 0.7 as ok,
      1 + floor(greatest(5, $3::int / 100) * random())::int as who
    from generate_series(1, $1::int / 100) offset 0
  ) drawn join (select id, email, row_number() over (order by s_no) as place from demo_users) d on d.place = drawn.who`;

/** Two attacks: guesses at one account from many IP addresses, and text messages pumped into one block of numbers. */
export const attacks = [
  `insert into otp_verifications (user_id, email, purpose, channel, mail_domain, created_at, expires_at, attempts, ip_address)
   select u.id, u.email, 'sign-in', 'email', split_part(u.email, '@', 2), at, at + interval '10 minutes', 3,
     '203.0.113.' || (1 + floor(random() * 250)::int)
   from (select * from users where email_verified order by s_no offset 6 limit 1) u,
     (select now() - interval '10 days' + n * interval '90 seconds' as at from generate_series(1, 60) n
      union all select now() - n * interval '3 minutes' from generate_series(1, 15) n) t`,
  `insert into otp_verifications (phone, purpose, channel, country, created_at, expires_at, sent_at, ip_address)
   select '+882136' || lpad(floor(random() * 100000)::text, 5, '0'), 'sign-up', 'sms', '', at, at + interval '5 minutes', at, '198.51.100.7'
   from (select now() - n * interval '40 seconds' as at from generate_series(1, 70) n) t`,
];
