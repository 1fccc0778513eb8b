import { getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import type { Subject } from "./subject";

/** The parts of a store's row that are not the engine's. */
export type NewChallenge = {
  purpose: string;
  subject: Subject;
  owner: Owner | null;
  attempts: number;
  /**
   * The password and name that wait for the proof of a registration: on the passcode, never on the account (REC-02).
   */
  registration: Registration | null;
};

/** A registration's hashed password, and its name. */
export type Registration = { passwordHash: string; name: string | null };

/** The engine's part of a row. Without `real` (a decoy) the same statement writes nothing. */
type Cells = { ledgerSNo: number; digest: string; ttlSeconds: number; real: boolean };

/** A documented code table, as the engine sees it. */
export type Store = {
  name: string;
  /** Charges one attempt to the challenge's row and returns its digest, if this store has the row unspent. */
  strike(tx: Tx, ledgerSNo: number | null): Promise<string | null>;
  /** Spends the row as its document says. False if there is none to spend. */
  spend(tx: Tx, ledgerSNo: number): Promise<boolean>;
  /**
   * Deletes the rows of these challenges, spent ones too, and any row whose unique key the next challenge needs.
   * Without `real` the same statement deletes nothing.
   */
  retire(tx: Tx, challenges: SQL, how: { next: NewChallenge | null; real: boolean }): Promise<number>;
  insert(tx: Tx, challenge: NewChallenge, cells: Cells): Promise<void>;
  /** Deletes the rows of no more use, and returns how many. Safe to run twice, and by two at once. */
  sweep(db: Db): Promise<number>;
};

/** The columns that every code table has under the same names. */
type CodeTable = PgTable & Record<"ledgerSNo" | "attempts" | "expiresAt", PgColumn>;

/**
 * Describes a table once, where its columns are checked against its types.
 * `row` gives the document's own columns, `spend` the mark of a spent row. Without `spend` the row is deleted (001 and
 * 002 mark it and then delete it, which in one transaction is a deletion).
 */
export function defineStore<T extends CodeTable>(
  table: T,
  describe: (columns: T) => {
    digest: PgColumn;
    unspent?: SQL;
    spend?: SQL;
    /** The rows of any challenge that have the new row's unique key, also those put in by plain SQL. */
    twins?(next: NewChallenge): SQL;
    /** Until when the row is of use, if that is later than its expiry. */
    usefulUntil?: SQL;
    row(challenge: NewChallenge): Partial<Record<keyof T["$inferInsert"], unknown>>;
  },
): Store {
  const s = describe(table);
  const columns: Record<string, PgColumn> = getTableColumns(table);
  const { ledgerSNo: ledger, attempts, expiresAt } = table;
  const unspent = s.unspent ?? sql`true`;
  const name = (column: PgColumn) => sql.identifier(column.name);
  return {
    name: getTableName(table),
    async strike(tx, ledgerSNo) {
      const [row] = await tx.execute<{ digest: string }>(sql`
        update ${table} set ${name(attempts)} = ${attempts} + 1
        where ${ledger} = ${ledgerSNo} and ${unspent} returning ${s.digest} as digest`);
      return row?.digest ?? null;
    },
    async spend(tx, ledgerSNo) {
      const statement = s.spend ? sql`update ${table} set ${s.spend}` : sql`delete from ${table}`;
      return (
        (await tx.execute(sql`${statement} where ${ledger} = ${ledgerSNo} and ${unspent} returning 1`)).length === 1
      );
    },
    async retire(tx, challenges, { next, real }) {
      // An array uses the index: `in (select ...)` with an `or` reads the whole table.
      const which = sql`${ledger} = any(array(${challenges})) or ${(next && s.twins?.(next)) ?? sql`false`}`;
      return (await tx.execute(sql`delete from ${table} where ${real} and (${which}) returning 1`)).length;
    },
    async insert(tx, challenge, { ledgerSNo, digest, ttlSeconds, real }) {
      const own = Object.entries(s.row(challenge)).flatMap(([key, value]) =>
        columns[key] ? [{ column: columns[key], value: sql`${value}` }] : [],
      );
      const cells = [
        ...own,
        { column: ledger, value: sql`${ledgerSNo}` },
        { column: s.digest, value: sql`${digest}` },
        { column: expiresAt, value: sql`now() + make_interval(secs => ${ttlSeconds})` },
      ];
      const names = sql.join(
        cells.map(({ column }) => name(column)),
        sql`, `,
      );
      const values = sql.join(
        cells.map(({ value }) => value),
        sql`, `,
      );
      await tx.execute(sql`insert into ${table} (${names}) select ${values} where ${real}`);
    },
    sweep(db) {
      return deleteInBatches(db, table, sql`${s.usefulUntil ?? expiresAt} < now()`);
    },
  };
}
