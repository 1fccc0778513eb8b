import { type SQL, sql } from "drizzle-orm";
import { columns, named } from "./fragments";

type Sum = "asked" | "verified" | "attempts";
type Window = { name: string; length: SQL; sums: Sum[] };

/**
 * Each account's sliding windows. In hours: a local day may have 23 or 25, and the links to a window's rows count 24.
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

/** The sums in `otp_users`. */
export const windowColumns = WINDOWS.flatMap(({ name, sums }) => sums.map((sum) => `${sum}_${name}`));

/** `otp_roll`'s columns: where each window of the last round began. */
export const startColumns = WINDOWS.map(({ name }) => `from_${name}`);
export const startColumn = ({ name }: Pick<Window, "name">) => sql.identifier(`from_${name}`);

/** Where a window began at the last round. */
export type Since = (window: Window) => SQL;

const eachSum = (expression: (window: Window, sum: Sum) => SQL): SQL =>
  named(
    Object.fromEntries(
      WINDOWS.flatMap((window) => window.sums.map((sum) => [`${sum}_${window.name}`, expression(window, sum)])),
    ),
  );

/** Sums of every window over signed rows. */
export const windowSums = (since: Since): SQL =>
  eachSum((window, sum) => sql`coalesce(sum(${termOf[sum]}) filter (where created_at >= ${since(window)}), 0)::int`);

/** What leaves one window, negative. */
const leavingSums = (leaving: Window): SQL =>
  eachSum((window, sum) => (window === leaving ? sql`-sum(${termOf[sum]})::int` : sql`0`));

/**
 * How each account's windows change since the last round: rows that came, less rows that were slid past.
 * @param came signed sums, over the last round's windows, of rows that are in none yet
 * @param upTo later rows are in neither
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
