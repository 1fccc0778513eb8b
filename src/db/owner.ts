import { eq, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

export type AccountType = "live" | "demo";

/** The account that a row belongs to. */
export type Owner = { accountType: AccountType; id: string };

/**
 * No account has this id. What is asked for nobody, or held back, takes the same statements with it as what is kept,
 * and changes no row (law 1).
 */
export const NOBODY = "00000000-0000-0000-0000-000000000000";

/** The rows of a table that belong to this account. */
export const ownedBy = (table: { userId: PgColumn; demoUserId: PgColumn }, { accountType, id }: Owner): SQL =>
  eq(accountType === "live" ? table.userId : table.demoUserId, id);

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
