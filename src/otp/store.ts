import { getTableName, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { getTableColumns } from "drizzle-orm/utils";
import type { Tx } from "@/db/client";
import type { Owner, Subject } from "./subject";

/** A challenge about to be stored: the engine's part of a row; the store adds the document's own columns. */
export type NewChallenge = { subject: Subject; owner: Owner | null };

/** A documented code table, described for the engine in that table's own columns. */
export type Store = {
  name: string;
  table: PgTable;
  /** Points to the challenge's ledger row. */
  ledger: PgColumn;
  digest: PgColumn;
  attempts: PgColumn;
  /** Not spent yet. Expiry and retirement are the ledger's to judge, in one way for all stores. */
  unspent: SQL;
  /** Writes the challenge's row, or takes the very same statement and writes nothing, for a decoy. */
  insert(
    tx: Tx,
    challenge: NewChallenge,
    row: { ledgerSNo: number; digest: string; ttlSeconds: number; real: boolean },
  ): Promise<void>;
};

type Values<T extends PgTable> = Partial<Record<keyof T["$inferInsert"], unknown>>;

/**
 * Describes a table once, where its column names are checked against its types.
 * `row` gives the document's own columns; digest, expiry and ledger pointer are the engine's.
 */
export function defineStore<T extends PgTable>(store: {
  table: T;
  ledger: PgColumn;
  digest: PgColumn;
  attempts: PgColumn;
  expiresAt: PgColumn;
  unspent?: SQL;
  row(challenge: NewChallenge): Values<T>;
}): Store {
  const columns: Record<string, PgColumn> = getTableColumns(store.table);
  return {
    name: getTableName(store.table),
    table: store.table,
    ledger: store.ledger,
    digest: store.digest,
    attempts: store.attempts,
    unspent: store.unspent ?? sql`true`,
    async insert(tx, challenge, { ledgerSNo, digest, ttlSeconds, real }) {
      const own = Object.entries(store.row(challenge)).map(([key, value]) => [columns[key], value] as const);
      const cells = [
        ...own.flatMap(([column, value]) => (column ? [[column, sql`${value}`] as const] : [])),
        [store.ledger, sql`${ledgerSNo}`] as const,
        [store.digest, sql`${digest}`] as const,
        [store.expiresAt, sql`now() + make_interval(secs => ${ttlSeconds})`] as const,
      ];
      const names = sql.join(
        cells.map(([column]) => sql.identifier(column.name)),
        sql`, `,
      );
      const values = sql.join(
        cells.map(([, value]) => value),
        sql`, `,
      );
      await tx.execute(sql`insert into ${store.table} (${names}) select ${values} where ${real}`);
    },
  };
}
