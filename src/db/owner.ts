import { eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { demoUsers, users } from "./schema/accounts";

export type AccountType = "live" | "demo";

/** The account that a row belongs to. */
export type Owner = { accountType: AccountType; id: string };

/**
 * An id that no account has. Decoys and held asks run the ordinary statements with it and change no row (law 1).
 */
export const NOBODY = "00000000-0000-0000-0000-000000000000";

const tables = { live: users, demo: demoUsers } as const satisfies Record<AccountType, unknown>;

/** The table of a type's accounts. */
export const tableOf = (accountType: AccountType): typeof users | typeof demoUsers => tables[accountType];

/** A table whose rows belong to accounts. One of the two columns names the owner. */
type Owned = { userId: PgColumn; demoUserId: PgColumn };

const columnKeys = { live: "userId", demo: "demoUserId" } as const satisfies Record<AccountType, keyof Owned>;

/** The column that names a type's owners. */
export const ownerColumnOf = (table: Owned, accountType: AccountType): PgColumn => table[columnKeys[accountType]];

/** The name of the column that names a type's owners, equal in all tables. */
export const ownerColumnName: Record<AccountType, SQL> = { live: sql`user_id`, demo: sql`demo_user_id` };

/** The rows of a table that belong to this account. */
export const ownedBy = (table: Owned, { accountType, id }: Owner): SQL => eq(ownerColumnOf(table, accountType), id);

/** The two columns that name a row's owner, as values. */
export function ownerColumns(owner: Owner | null): { userId: string | null; demoUserId: string | null } {
  return {
    userId: owner?.accountType === "live" ? owner.id : null,
    demoUserId: owner?.accountType === "demo" ? owner.id : null,
  };
}

/** The owner that a row's two columns name. */
export function ownerOf(row: { userId: string | null; demoUserId: string | null }): Owner | null {
  if (row.userId) return { accountType: "live", id: row.userId };
  return row.demoUserId ? { accountType: "demo", id: row.demoUserId } : null;
}
