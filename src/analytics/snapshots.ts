import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { usersCame } from "./days";
import { refusals } from "./refusals";
import { suspicious } from "./suspicious";
import { live, readUnsettled, SETTLED, type Unsettled } from "./unsettled";

export const MOST_RANKED = 100;
export const MOST_DAYS = 90;

/** An older snapshot is not shown. Seconds. */
export const STALE_SECONDS = 60;

/** A fixed panel's SQL for one JSON value. */
type Panel = (unsettled: Unsettled) => SQL;

const panels = {
  overview: ({ cells }) => sql`select jsonb_build_object(
    'activeUsers', active, 'verifiedUsers', verified, 'lockedAccounts', locked,
    'pendingOtps', (select count(*) from otp_verifications where not is_verified and expires_at > now()),
    'activeSignupOtps', (select count(*) from signup_otps where not is_verified and expires_at > now()),
    'verifiedSignupOtps', (select coalesce(sum(verified), 0) from otp_days where purpose = 'sign-up')
      + (select coalesce(sum(verified), 0) from ${cells} c where purpose = 'sign-up'),
    'activeDemoUsers', (select count(*) from demo_users where is_active))
    from (select count(*) filter (where is_active) as active, count(*) filter (where email_verified or phone_verified) as verified,
      count(*) filter (where locked_until > now() or codes_closed_until > now()) as locked from users) u`,

  daily: ({ people }) => sql`
    with people as materialized (select user_id, day, asked, verified, attempts, fresh, late from ${people} p),
    asked as (
      select day, sum(asked)::int as asked, sum(verified)::int as verified, sum(attempts)::int as attempts from people group by day
    ), came as ${usersCame(sql`(select * from people where user_id is not null)`, SETTLED)}
    select jsonb_agg(jsonb_build_object('date', day,
        'totalOtps', coalesce(d.asked, 0) + coalesce(asked.asked, 0),
        'verified', coalesce(d.verified, 0) + coalesce(asked.verified, 0),
        'uniqueUsers', coalesce(d.users, 0) + coalesce(came.came, 0),
        'attempts', coalesce(d.attempts, 0) + coalesce(asked.attempts, 0)) order by day desc)
    from (select ((now() at time zone 'UTC')::date - back) as day from generate_series(0, ${sql.raw(String(MOST_DAYS - 1))}) back) days
      left join otp_daily d using (day) left join asked using (day) left join came using (day)`,

  "top-7d": ({ accounts }) => ranking("7d", accounts),
  "top-30d": ({ accounts }) => ranking("30d", accounts),
  "top-90d": ({ accounts }) => ranking("90d", accounts),
  "requests-1h": ({ accounts }) => ranking("1h", accounts),
  "requests-12h": ({ accounts }) => ranking("12h", accounts),
  "requests-24h": ({ accounts }) => ranking("24h", accounts),

  /** The funnel's rows that are in no sum yet. */
  "funnel-tail": ({ cells }) => sql`select coalesce(jsonb_agg(c), '[]') from ${cells} c`,

  suspicious: () => suspicious(),

  refusals: () => refusals(),
} satisfies Record<string, Panel>;

export type PanelKey = keyof typeof panels;

/**
 * The accounts with the most asks in a window: those that differ from the sums, and the first of the rest in the order
 * of their index. An anti-join would sort all accounts (1 s).
 */
function ranking(window: "1h" | "12h" | "24h" | "7d" | "30d" | "90d", accounts: SQL): SQL {
  const asked = sql.raw(`asked_${window}`);
  const sums = window.endsWith("h")
    ? sql`0 as verified, 0 as attempts`
    : sql.raw(`verified_${window} as verified, attempts_${window} as attempts`);
  const most = sql.raw(String(MOST_RANKED));
  return sql`
    with differing as materialized (select * from ${accounts} a), ranked as (
      (select user_id, ${asked} as asked, ${sums} from otp_users
        where ${asked} > 0 and user_id not in (select user_id from differing)
        order by ${asked} desc nulls last, user_id limit ${most})
      union all
      select user_id, ${asked}, ${sums} from differing where ${asked} > 0
    )
    select coalesce(jsonb_agg(to_jsonb(r) order by asked desc, user_id), '[]')
    from (select * from ranked order by asked desc, user_id limit ${most}) r`;
}

/** Takes new snapshots, in the round's transaction. */
export async function snapshotAll(tx: Tx, skipPanels: PanelKey[] = []): Promise<void> {
  const unsettled = await readUnsettled(tx);
  for (const [key, panel] of Object.entries(panels).filter(([name]) => !skipPanels.some((skipped) => skipped === name)))
    await tx.execute(sql`insert into otp_snapshots (key, as_of, data) select ${key}, now(), (${panel(unsettled)})
      on conflict (key) do update set as_of = excluded.as_of, data = excluded.data`);
}

/** A panel as of its snapshot, or computed now if that is too old. */
export async function readPanel<T>(db: Db | Tx, key: PanelKey): Promise<{ asOf: Date; data: T }> {
  const [row] = await db.execute<{ as_of: string; data: T }>(
    sql`select as_of, data from otp_snapshots where key = ${key} and as_of > now() - make_interval(secs => ${STALE_SECONDS})`,
  );
  // The panel's SQL above builds `data`.
  if (row) return { asOf: new Date(row.as_of), data: row.data };
  const [computed] = await db.execute<{ as_of: string; data: T }>(
    sql`select now() as as_of, (${panels[key](live)}) as data`,
  );
  if (!computed) throw new Error("a select returned no row");
  return { asOf: new Date(computed.as_of), data: computed.data };
}
