import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS } from "./cells";
import { DAY, freshAndLate } from "./days";
import { type Since, startColumn, windowChanges, windowColumns, windowSums } from "./windows";

/*
 * What is in no sum yet: the ledger's tail and the waiting late changes. A round has just taken those, and reads the
 * tail alone. A panel without a new snapshot reads both.
 */

/** What a panel adds to the sums. */
export type Unsettled = {
  /** Cells by dimension, without a time. */
  cells: SQL;
  /** By account (or null) and UTC day: `asked`, `verified` and `attempts`, signed; `fresh` and `late` (days.ts). */
  people: SQL;
  /** Accounts whose windows differ from `otp_users`, with their present sums. */
  accounts: SQL;
};

/** Where the sums end. */
export const SETTLED = sql`coalesce((select settled_to from otp_roll), '-infinity')`;

const TAIL = sql`select 1 as sign, ${COLUMNS} from otp_verifications where created_at >= ${SETTLED}`;
export const WAITING = sql`select sign, ${COLUMNS} from otp_late_changes where created_at < ${SETTLED}`;

const since: Since = (window) => sql`coalesce((select ${startColumn(window)} from otp_roll), now() - ${window.length})`;

const peopleOf = (rows: SQL) => sql`(select user_id, ${DAY} as day, sum(sign)::int as asked,
  sum(sign * is_verified::int)::int as verified, sum(sign * attempts)::int as attempts, ${freshAndLate(SETTLED)}, ${windowSums(since)}
  from ${rows} signed group by 1, 2)`;

const accountsOf = (people: SQL) =>
  sql`(select user_id, ${sql.raw(
    windowColumns.map((column) => `changed.${column} + coalesce(held.${column}, 0) as ${column}`).join(", "),
  )} from ${windowChanges(people, since, sql`'infinity'`)} changed left join otp_users held using (user_id))`;

const cellsIn = (rows: SQL) => sql`(${cellsOf(rows, DIMENSIONS)})`;

const now = sql`(${TAIL} union all ${WAITING})`;

/** As of now, on the ledger. */
export const live: Unsettled = { cells: cellsIn(now), people: peopleOf(now), accounts: accountsOf(peopleOf(now)) };

/** After a round, read once into temporary tables. */
export async function readUnsettled(tx: Tx): Promise<Unsettled> {
  const tail = sql`(${TAIL})`;
  const [cells, people, accounts] = [sql`unsettled_cells`, sql`unsettled_people`, sql`unsettled_accounts`];
  await tx.execute(sql`create temp table ${cells} on commit drop as select * from ${cellsIn(tail)} tail`);
  await tx.execute(sql`create temp table ${people} on commit drop as select * from ${peopleOf(tail)} tail`);
  await tx.execute(sql`analyze ${people} (user_id, day)`);
  await tx.execute(sql`create temp table ${accounts} on commit drop as select * from ${accountsOf(people)} differing`);
  return { cells, people, accounts };
}
