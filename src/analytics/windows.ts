import { type SQL, sql } from "drizzle-orm";

type Sum = "asked" | "verified" | "attempts";
type Window = { name: string; length: string; sums: Sum[] };

/**
 * The sliding windows that accounts are summed over, and what of each. In hours: a day of PostgreSQL's own zone has 23 of
 * them or 25 where clocks are changed, and the links to a window's rows count 24.
 */
export const WINDOWS: Window[] = [
  { name: "1h", length: "1 hour", sums: ["asked"] },
  { name: "12h", length: "12 hours", sums: ["asked"] },
  { name: "24h", length: "24 hours", sums: ["asked"] },
  { name: "7d", length: "168 hours", sums: ["asked", "verified", "attempts"] },
  { name: "30d", length: "720 hours", sums: ["asked", "verified", "attempts"] },
  { name: "90d", length: "2160 hours", sums: ["asked", "verified", "attempts"] },
];

const termOf: Record<Sum, string> = { asked: "sign", verified: "sign * is_verified::int", attempts: "sign * attempts" };

/** The columns of `otp_users`, in the order of `windowSums`. */
export const windowColumns = WINDOWS.flatMap(({ name, sums }) => sums.map((sum) => `${sum}_${name}`));

/** Where a window of the last round began, as an expression. */
export type Since = (window: Window) => string;

/** The sums of every window over signed rows. */
export const windowSums = (since: Since) =>
  sql.raw(
    WINDOWS.flatMap((window) =>
      window.sums.map(
        (sum) =>
          `coalesce(sum(${termOf[sum]}) filter (where created_at >= ${since(window)}), 0)::int as ${sum}_${window.name}`,
      ),
    ).join(", "),
  );

/** What leaves one window, signed; nothing of the others. */
const leavingSums = (leaving: Window) =>
  sql.raw(
    WINDOWS.flatMap((window) =>
      window.sums.map((sum) =>
        window === leaving ? `-sum(${termOf[sum]})::int as ${sum}_${window.name}` : `0 as ${sum}_${window.name}`,
      ),
    ).join(", "),
  );

/**
 * How each account's windows change from the last round to now: what came into them, less what they have slid past.
 * @param came signed sums of each account's windows as they began at the last round, of the rows that are in none yet
 * @param upTo rows from here on are neither in the windows nor among those that came
 */
export function windowChanges(came: SQL, since: Since, upTo: SQL): SQL {
  const sums = sql.raw(windowColumns.map((column) => `sum(${column})::int as ${column}`).join(", "));
  const leaving = WINDOWS.map(
    (window) => sql`union all
    select user_id, ${leavingSums(window)} from (select 1 as sign, * from otp_verifications
      where created_at >= ${sql.raw(since(window))}
        and created_at < least(now() - interval '${sql.raw(window.length)}', ${upTo})) l
    where user_id is not null group by user_id`,
  );
  const columns = sql.raw(["user_id", ...windowColumns].join(", "));
  return sql`(select user_id, ${sums} from (select ${columns} from ${came} c where user_id is not null
    ${sql.join(leaving, sql` `)}) changed group by user_id)`;
}
