import { type SQL, sql } from "drizzle-orm";
import { columns, named } from "./fragments";

type Sum = "asked" | "verified" | "attempts";
type Window = { name: string; length: SQL; sums: Sum[] };

/**
 * The sliding windows that accounts are summed over, and what of each. In hours: a day of PostgreSQL's own zone has 23 of
 * them or 25 where clocks are changed, and the links to a window's rows count 24.
 */
export const WINDOWS: Window[] = [
  { name: "1h", length: sql`interval '1 hour'`, sums: ["asked"] },
  { name: "12h", length: sql`interval '12 hours'`, sums: ["asked"] },
  { name: "24h", length: sql`interval '24 hours'`, sums: ["asked"] },
  { name: "7d", length: sql`interval '168 hours'`, sums: ["asked", "verified", "attempts"] },
  { name: "30d", length: sql`interval '720 hours'`, sums: ["asked", "verified", "attempts"] },
  { name: "90d", length: sql`interval '2160 hours'`, sums: ["asked", "verified", "attempts"] },
];

const termOf: Record<Sum, SQL> = {
  asked: sql`sign`,
  verified: sql`sign * is_verified::int`,
  attempts: sql`sign * attempts`,
};

/** The columns of `otp_users`: each sum of each window. */
export const windowColumns = WINDOWS.flatMap(({ name, sums }) => sums.map((sum) => `${sum}_${name}`));

/** The columns of `otp_roll` that say where each window of the last round began. */
export const startColumns = WINDOWS.map(({ name }) => `from_${name}`);
export const startColumn = ({ name }: Pick<Window, "name">) => sql.identifier(`from_${name}`);

/** Where a window of the last round began, as an expression. */
export type Since = (window: Window) => SQL;

/** The windows' columns, each with its own expression. */
const eachSum = (expression: (window: Window, sum: Sum) => SQL): SQL =>
  named(
    Object.fromEntries(
      WINDOWS.flatMap((window) => window.sums.map((sum) => [`${sum}_${window.name}`, expression(window, sum)])),
    ),
  );

/** The sums of every window over signed rows. */
export const windowSums = (since: Since): SQL =>
  eachSum((window, sum) => sql`coalesce(sum(${termOf[sum]}) filter (where created_at >= ${since(window)}), 0)::int`);

/** What leaves one window, signed; nothing of the others. */
const leavingSums = (leaving: Window): SQL =>
  eachSum((window, sum) => (window === leaving ? sql`-sum(${termOf[sum]})::int` : sql`0`));

/**
 * How each account's windows change from the last round to now: what came into them, less what they have slid past.
 * @param came signed sums of each account's windows as they began at the last round, of the rows that are in none yet
 * @param upTo rows from here on are neither in the windows nor among those that came
 */
export function windowChanges(came: SQL, since: Since, upTo: SQL): SQL {
  const sums = eachSum((window, sum) => sql`sum(${sql.identifier(`${sum}_${window.name}`)})::int`);
  const leaving = WINDOWS.map(
    (window) => sql`union all
    select user_id, ${leavingSums(window)} from (select 1 as sign, * from otp_verifications
      where created_at >= ${since(window)} and created_at < least(now() - ${window.length}, ${upTo})) leaving
    where user_id is not null group by user_id`,
  );
  return sql`(select user_id, ${sums} from (select user_id, ${columns(windowColumns)} from ${came} came where user_id is not null
    ${sql.join(leaving, sql` `)}) changed group by user_id)`;
}
