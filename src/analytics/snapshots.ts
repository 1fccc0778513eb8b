import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS, HOUR } from "./cells";
import { suspicious } from "./suspicious";

/** The most rows a ranking keeps. */
export const MOST_RANKED = 100;
/** The most days the daily statistics go back. */
export const MOST_DAYS = 90;

/** A snapshot older than this is not shown: its panel is computed anew instead. Seconds. */
const STALE_SECONDS = 60;

const DAY = sql.raw("(created_at at time zone 'UTC')::date");

/** The rows that are in no sum yet. */
export const TAIL = sql`(select 1 as sign, ${COLUMNS} from otp_verifications
  where created_at >= coalesce((select settled_to from otp_roll), '-infinity'))`;

/** What a panel is made of: the sums, the rows that are in none yet, and what each account has of those. */
type Panel = (tail: SQL, people: SQL) => SQL;

/** What each account asked for that is in no sum yet. */
const peopleOf = (tail: SQL) => sql`(select user_id, count(*) as asked, count(*) filter (where is_verified) as verified,
  sum(attempts) as attempts from ${tail} t where user_id is not null group by user_id)`;

/** The fixed panels, each as one value of JSON over the sums and the tail. */
const panels = {
  overview: (tail: SQL) => sql`select jsonb_build_object(
    'activeUsers', (select count(*) from users where is_active),
    'verifiedUsers', (select count(*) from users where email_verified or phone_verified),
    'pendingOtps', (select count(*) from otp_verifications where not is_verified and expires_at > now()),
    'activeSignupOtps', (select count(*) from signup_otps where not is_verified and expires_at > now()),
    'verifiedSignupOtps', (select coalesce(sum(verified), 0) from otp_days where purpose = 'sign-up')
      + (select count(*) from ${tail} t where purpose = 'sign-up' and is_verified),
    'lockedAccounts', (select count(*) from users where locked_until > now()),
    'activeDemoUsers', (select count(*) from demo_users where is_active))`,

  daily: (tail: SQL) => sql`
    with asked as (
      select ${DAY} as day, count(*)::int as asked, count(*) filter (where is_verified)::int as verified, sum(attempts)::int as attempts
      from ${tail} t group by 1
    ), came as (
      select day, count(*)::int as users from (select distinct ${DAY} as day, user_id from ${tail} t where user_id is not null) p
      where not exists (select from otp_verifications o where o.user_id = p.user_id
        and o.created_at >= p.day::timestamp at time zone 'UTC' and o.created_at < (select settled_to from otp_roll))
      group by day
    )
    select jsonb_agg(jsonb_build_object('date', day,
        'totalOtps', coalesce(d.asked, 0) + coalesce(asked.asked, 0),
        'verified', coalesce(d.verified, 0) + coalesce(asked.verified, 0),
        'uniqueUsers', coalesce(d.users, 0) + coalesce(came.users, 0),
        'attempts', coalesce(d.attempts, 0) + coalesce(asked.attempts, 0)) order by day desc)
    from (select ((now() at time zone 'UTC')::date - back) as day from generate_series(0, ${sql.raw(String(MOST_DAYS - 1))}) back) days
      left join otp_daily d using (day) left join asked using (day) left join came using (day)`,

  "top-7d": (_tail, people) => ranking("7d", people),
  "top-30d": (_tail, people) => ranking("30d", people),
  "top-90d": (_tail, people) => ranking("90d", people),
  "requests-24h": (_tail, people) => ranking("24h", people),

  /** What the funnel adds to its hours: by the hour and dimension, as rows of `otp_hours`. */
  "funnel-tail": (tail: SQL) =>
    sql`select coalesce(jsonb_agg(cell), '[]') from (${cellsOf(tail, { hour: HOUR, ...DIMENSIONS })}) cell`,

  suspicious: () => suspicious(),
} satisfies Record<string, Panel>;

export type PanelKey = keyof typeof panels;

/**
 * The accounts with the most asks in a window: those in the tail with their sums corrected, and the first of the rest.
 * Those come in the order of their index, each looked up in the tail's: an anti-join would sort all accounts (1 s).
 */
function ranking(window: "24h" | "7d" | "30d" | "90d", people: SQL): SQL {
  const of = (what: string) => sql.raw(window === "24h" && what !== "asked" ? "0" : `u.${what}_${window}`);
  const order = sql.raw(`u.asked_${window} desc nulls last, u.user_id`);
  const positive = sql.raw(`u.asked_${window} > 0`);
  return sql`
    with delta as materialized (
      select user_id, sum(asked)::int as asked, sum(verified)::int as verified, sum(attempts)::int as attempts
      from ${people} p group by user_id
    ), ranked as (
      (select u.user_id, ${of("asked")} as asked, ${of("verified")} as verified, ${of("attempts")} as attempts
        from otp_users u where ${positive} and u.user_id not in (select user_id from delta)
        order by ${order} limit ${sql.raw(String(MOST_RANKED))})
      union all
      select delta.user_id, delta.asked + coalesce(${of("asked")}, 0), delta.verified + coalesce(${of("verified")}, 0),
        delta.attempts + coalesce(${of("attempts")}, 0)
        from delta left join otp_users u using (user_id)
    )
    select coalesce(jsonb_agg(to_jsonb(r) order by asked desc, user_id), '[]')
    from (select * from ranked order by asked desc, user_id limit ${sql.raw(String(MOST_RANKED))}) r`;
}

/** Takes new snapshots of the fixed panels, all but these, in the round's own transaction. */
export async function snapshotAll(tx: Tx, but: PanelKey[] = []): Promise<void> {
  await tx.execute(sql`create temp table tail on commit drop as select * from ${TAIL} t`);
  await tx.execute(sql`analyze tail (user_id, created_at)`);
  await tx.execute(sql`create temp table tail_people on commit drop as select * from ${peopleOf(sql`tail`)} p`);
  for (const [key, panel] of Object.entries(panels).filter(([name]) => !but.some((left) => left === name)))
    await tx.execute(sql`insert into otp_snapshots (key, as_of, data) select ${key}, now(), (${panel(sql`tail`, sql`tail_people`)})
      on conflict (key) do update set as_of = excluded.as_of, data = excluded.data`);
}

/** A panel and the instant it was true at; computed now where its snapshot is too old. */
export async function readPanel<T>(db: Db | Tx, key: PanelKey): Promise<{ asOf: Date; data: T }> {
  const [row] = await db.execute<{ as_of: string; data: T }>(
    sql`select as_of, data from otp_snapshots where key = ${key} and as_of > now() - make_interval(secs => ${STALE_SECONDS})`,
  );
  // What a panel holds is what its SQL above builds.
  if (row) return { asOf: new Date(row.as_of), data: row.data };
  const [live] = await db.execute<{ as_of: string; data: T }>(
    sql`select now() as as_of, (${panels[key](TAIL, peopleOf(TAIL))}) as data`,
  );
  if (!live) throw new Error("a select returned no row");
  return { asOf: new Date(live.as_of), data: live.data };
}
