import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { COLUMNS, cellsOf, DIMENSIONS } from "./cells";
import { DAY, freshAndLate } from "./days";
import { type Since, startColumn, windowChanges, windowColumns, windowSums } from "./windows";

/*
 * What is in no sum yet: the ledger's tail, and late changes that wait for the next round. A round has just taken the
 * late changes, so it reads the tail alone, into temporary tables. A panel whose snapshot is too old reads both.
 */

/** The rows that a panel adds to the sums. */
export type Unsettled = {
  /** Cells by dimension, without a time. */
  cells: SQL;
  /** By account (or null) and UTC day: signed `asked`, `verified` and `attempts`, and `fresh` and `late` (days.ts). */
  people: SQL;
  /** The accounts whose windows differ from `otp_users`, with their present sums. */
  accounts: SQL;
};

/** The instant at which the sums end. */
export const SETTLED = sql`coalesce((select settled_to from otp_roll), '-infinity')`;

const TAIL = sql`select 1 as sign, ${COLUMNS} from otp_verifications where created_at >= ${SETTLED}`;
/** Late changes of rows that are in the sums. */
export const WAITING = sql`select sign, ${COLUMNS} from otp_late_changes where created_at < ${SETTLED}`;

const since: Since = (window) => sql`coalesce((select ${startColumn(window)} from otp_roll), now() - ${window.length})`;

/** Signed rows by account and UTC day, with their sums for each window. */
const peopleOf = (rows: SQL) => sql`(select user_id, ${DAY} as day, sum(sign)::int as asked,
  sum(sign * is_verified::int)::int as verified, sum(sign * attempts)::int as attempts, ${freshAndLate(SETTLED)}, ${windowSums(since)}
  from ${rows} signed group by 1, 2)`;

const accountsOf = (people: SQL) =>
  sql`(select user_id, ${sql.raw(
    windowColumns.map((column) => `changed.${column} + coalesce(held.${column}, 0) as ${column}`).join(", "),
  )} from ${windowChanges(people, since, sql`'infinity'`)} changed left join otp_users held using (user_id))`;

const cellsIn = (rows: SQL) => sql`(${cellsOf(rows, DIMENSIONS)})`;

const now = sql`(${TAIL} union all ${WAITING})`;

/** Read from the ledger as of now. */
export const live: Unsettled = { cells: cellsIn(now), people: peopleOf(now), accounts: accountsOf(peopleOf(now)) };

/** Read once after a round, into temporary tables of its transaction. */
export async function readUnsettled(tx: Tx): Promise<Unsettled> {
  const tail = sql`(${TAIL})`;
  const [cells, people, accounts] = [sql`unsettled_cells`, sql`unsettled_people`, sql`unsettled_accounts`];
  await tx.execute(sql`create temp table ${cells} on commit drop as select * from ${cellsIn(tail)} tail`);
  await tx.execute(sql`create temp table ${people} on commit drop as select * from ${peopleOf(tail)} tail`);
  await tx.execute(sql`analyze ${people} (user_id, day)`);
  await tx.execute(sql`create temp table ${accounts} on commit drop as select * from ${accountsOf(people)} differing`);
  return { cells, people, accounts };
}
