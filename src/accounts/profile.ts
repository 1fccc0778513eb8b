import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, tableOf } from "@/db/owner";
import type { Account } from "./accounts";

/** What a person tells of themselves; a field left out stays as it is, null empties it. */
export type Profile = Partial<Pick<Account, "name" | "username" | "fullName" | "country" | "state" | "zip" | "dob">>;

/**
 * Completes the profile, once. A password is set only where there is none.
 * @returns false when the profile was complete already, or a password was given and one is set.
 */
export async function completeProfile(
  tx: Tx,
  account: Account,
  profile: Profile,
  passwordHash: string | null,
): Promise<boolean> {
  const table = tableOf(account.accountType);
  const done = await tx
    .update(table)
    .set({ ...profile, ...(passwordHash ? { password: passwordHash } : {}), isProfileComplete: true })
    .where(
      sql`${table.id} = ${account.id} and ${table.isActive} and not ${table.isProfileComplete} ${passwordHash ? sql`and ${table.password} is null` : sql``}`,
    )
    .returning({ id: table.id });
  return done.length === 1;
}

/** Whether someone else has this username, in any case. */
export async function isUsernameTaken(db: Db, accountType: AccountType, username: string): Promise<boolean> {
  const table = tableOf(accountType);
  const same = sql`lower(${table.username}) = lower(${username})`;
  return (await db.select({ id: table.id }).from(table).where(same)).length > 0;
}

/** Changes what a person tells of themselves. */
export async function updateProfile(
  tx: Tx,
  { accountType, id }: Owner,
  profile: Profile & { isProfileComplete?: true },
): Promise<void> {
  const table = tableOf(accountType);
  await tx
    .update(table)
    .set({ ...profile, updatedAt: sql`now()` })
    .where(eq(table.id, id));
}
