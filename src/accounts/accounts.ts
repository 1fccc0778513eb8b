import { eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";

export type AccountType = "live" | "demo";

type DemoRow = typeof demoUsers.$inferSelect;
type LiveOnly = Pick<typeof users.$inferSelect, "phoneNumber" | "phoneVerified" | "role" | "invitedAt">;

/** An account of either type; what demo accounts lack is empty. */
export type Account = Omit<DemoRow, "email"> & LiveOnly & { accountType: AccountType; email: string | null };

/** Where an account stands, in the words of the table of account states in the README. */
export type AccountState = "none" | "unproven" | "incomplete" | "active" | "deactivated";

/** The state that decides what each flow does. */
export function stateOf(account: Account | null): AccountState {
  if (!account) return "none";
  if (!account.isActive) return "deactivated";
  if (!account.emailVerified && !account.phoneVerified) return "unproven";
  return account.isProfileComplete ? "active" : "incomplete";
}

const noLiveColumns: LiveOnly = { phoneNumber: null, phoneVerified: false, role: "USER", invitedAt: null };

/** The account with this canonical email. */
export async function findByEmail(db: Db | Tx, accountType: AccountType, email: string): Promise<Account | null> {
  if (accountType === "demo") {
    const [row] = await db.select().from(demoUsers).where(eq(demoUsers.email, email));
    return row ? { ...noLiveColumns, ...row, accountType } : null;
  }
  const [row] = await db.select().from(users).where(eq(users.email, email));
  return row ? { ...row, accountType } : null;
}

/** The account with this id. */
export async function findById(db: Db | Tx, accountType: AccountType, id: string): Promise<Account | null> {
  if (accountType === "demo") {
    const [row] = await db.select().from(demoUsers).where(eq(demoUsers.id, id));
    return row ? { ...noLiveColumns, ...row, accountType } : null;
  }
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row ? { ...row, accountType } : null;
}

/** The same, held to the end of the transaction: nobody deactivates it or changes its password meanwhile. */
export async function holdById(tx: Tx, accountType: AccountType, id: string): Promise<Account | null> {
  const table = accountType === "live" ? users : demoUsers;
  await tx.select({ id: table.id }).from(table).where(eq(table.id, id)).for("update");
  return findById(tx, accountType, id);
}

/**
 * Creates the account of a proven email, or adopts the row that is there (`on conflict`, so a race makes one).
 * The first proof discards what anybody set before it: password, pending changes, reset link (REC-02).
 * @returns the account's id, and whether this proof was the first of this account.
 */
export async function proveEmail(
  tx: Tx,
  accountType: AccountType,
  email: string,
): Promise<{ id: string; first: boolean }> {
  const table = accountType === "live" ? users : demoUsers;
  const unproven =
    accountType === "live"
      ? sql`not (users.email_verified or users.phone_verified)`
      : sql`not demo_users.email_verified`;
  const discard = (column: string) =>
    sql`${sql.identifier(column)} = case when ${unproven} then null else ${table}.${sql.identifier(column)} end`;
  const discarded = [
    "password",
    "reset_token",
    "reset_token_expiry",
    "pending_email",
    "pending_email_otp",
    "pending_email_expiry",
  ];
  const rows = await tx.execute<{ id: string; first: boolean }>(sql`
    with before as (select not (${unproven}) as proven from ${table} where email = ${email})
    insert into ${table} (email, email_verified) values (${email}, true)
    on conflict (email) do update set email_verified = true, updated_at = now(),
      ${sql.join(discarded.map(discard), sql`, `)}
    returning id, not coalesce((select proven from before), false) as first`);
  const [row] = rows;
  if (!row) throw new Error("an upsert returned no row");
  return row;
}

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
  const table = account.accountType === "live" ? users : demoUsers;
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
  const table = accountType === "live" ? users : demoUsers;
  const same = sql`lower(${table.username}) = lower(${username})`;
  return (await db.select({ id: table.id }).from(table).where(same)).length > 0;
}

/** Notes a sign-in (001's `last_login_at`). */
export async function touchLastLogin(tx: Tx, accountType: AccountType, id: string): Promise<void> {
  const table = accountType === "live" ? users : demoUsers;
  await tx.update(table).set({ lastLoginAt: sql`now()` }).where(eq(table.id, id));
}

/** Deletes an account's row; what hangs on it goes with it. Its ledger rows first need another home (`disown`). */
export async function deleteAccount(tx: Tx, accountType: AccountType, id: string): Promise<void> {
  const table = accountType === "live" ? users : demoUsers;
  await tx.delete(table).where(eq(table.id, id));
}
