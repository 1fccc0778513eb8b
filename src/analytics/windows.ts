import { type SQL, sql } from "drizzle-orm";
import { columns, named } from "./fragments";

type Sum = "asked" | "verified" | "attempts";
type Window = { name: string; length: SQL; sums: Sum[] };

/**
 * The sliding windows of each account's sums. Their lengths are in hours: a day of PostgreSQL's time zone may have 23 or
 * 25 hours, and the links to a window's rows count 24.
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

/** The sums of `otp_users`: each sum of each window. */
export const windowColumns = WINDOWS.flatMap(({ name, sums }) => sums.map((sum) => `${sum}_${name}`));

/** The columns of `otp_roll` that say where each window of the last round began. */
export const startColumns = WINDOWS.map(({ name }) => `from_${name}`);
export const startColumn = ({ name }: Pick<Window, "name">) => sql.identifier(`from_${name}`);

/** Where a window of the last round began, as an expression. */
export type Since = (window: Window) => SQL;

/** The windows' columns, each from its expression. */
const eachSum = (expression: (window: Window, sum: Sum) => SQL): SQL =>
  named(
    Object.fromEntries(
      WINDOWS.flatMap((window) => window.sums.map((sum) => [`${sum}_${window.name}`, expression(window, sum)])),
    ),
  );

/** The sums of every window over signed rows. */
export const windowSums = (since: Since): SQL =>
  eachSum((window, sum) => sql`coalesce(sum(${termOf[sum]}) filter (where created_at >= ${since(window)}), 0)::int`);

/** Subtracts rows that leave one window from its sums. The other windows' sums are 0. */
const leavingSums = (leaving: Window): SQL =>
  eachSum((window, sum) => (window === leaving ? sql`-sum(${termOf[sum]})::int` : sql`0`));

/**
 * How each account's windows change from the last round to now: rows that came, less rows that the windows slid past.
 * @param came each account's signed sums of the rows that are in no window yet, over the windows of the last round
 * @param upTo rows from this instant on are in neither
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
