import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, tableOf } from "@/db/owner";
import type { Account } from "./accounts";

/** The fields of a profile. A field that is left out does not change; null empties it. */
export type Profile = Partial<Pick<Account, "name" | "username" | "fullName" | "country" | "state" | "zip" | "dob">>;

/**
 * Completes the profile, once. A password is set only where there is none.
 * @returns false if the profile was already complete, or if a password was given and one is set
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

/** Whether another account has this username. Upper and lower case count as equal. */
export async function isUsernameTaken(db: Db, accountType: AccountType, username: string): Promise<boolean> {
  const table = tableOf(accountType);
  const same = sql`lower(${table.username}) = lower(${username})`;
  return (await db.select({ id: table.id }).from(table).where(same)).length > 0;
}

/** Changes fields of a profile. */
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
