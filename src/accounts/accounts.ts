import { eq, type SQL, sql } from "drizzle-orm";
import { pieces, texts } from "@/db/batches";
import type { Channel } from "@/db/channel";
import type { Db, Tx } from "@/db/client";
import { type AccountType, tableOf } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import type { Identifier } from "./identifier";

type DemoRow = typeof demoUsers.$inferSelect;
type LiveOnly = Pick<
  typeof users.$inferSelect,
  "phoneNumber" | "phoneVerified" | "role" | "invitedAt" | "pendingPhone"
>;

/** An account of either type. The fields that demo accounts lack are empty. */
export type Account = Omit<DemoRow, "email"> & LiveOnly & { accountType: AccountType; email: string | null };

/**
 * The state of an account, as docs/architecture.md names it. `elsewhere`: the account is proven, but not by the address
 * it was found by. Nothing is sent to that address, and it opens nothing.
 */
export type AccountState = "none" | "unproven" | "elsewhere" | "incomplete" | "active" | "deactivated";

/** The states that allow a sign-in. All others get a decoy or a dummy hash, and the same answer. */
export const signsIn = (state: AccountState): boolean => state === "active" || state === "incomplete";

/** The state that decides what each flow does, for an account that was found by an address of this channel. */
export function stateOf(account: Account | null, channel?: Channel): AccountState {
  if (!account) return "none";
  if (!account.isActive) return "deactivated";
  if (!account.emailVerified && !account.phoneVerified) return "unproven";
  if (channel && !(channel === "email" ? account.emailVerified : account.phoneVerified)) return "elsewhere";
  return account.isProfileComplete ? "active" : "incomplete";
}

const noLiveColumns: LiveOnly = {
  phoneNumber: null,
  phoneVerified: false,
  role: "USER",
  invitedAt: null,
  pendingPhone: null,
};

/** Every address of an account, proven or not. */
export function subjectsOf({
  accountType,
  email,
  phoneNumber,
}: Account): (Identifier & { accountType: AccountType })[] {
  const subjects: (Identifier & { accountType: AccountType })[] = [];
  if (email) subjects.push({ accountType, channel: "email", address: email });
  if (phoneNumber) subjects.push({ accountType, channel: "sms", address: phoneNumber });
  return subjects;
}

/** How a row is locked to the end of the transaction: against every change, or only against losing its address. */
type Hold = "update" | "key share";

/** Reads one account of a type by a condition on its row. */
async function read(
  db: Db | Tx,
  accountType: AccountType,
  is: (table: typeof users | typeof demoUsers) => SQL,
  hold?: Hold,
): Promise<Account | null> {
  if (accountType === "demo") {
    const found = db.select().from(demoUsers).where(is(demoUsers));
    const [row] = await (hold ? found.for(hold) : found);
    return row ? { ...noLiveColumns, ...row, accountType } : null;
  }
  const found = db.select().from(users).where(is(users));
  const [row] = await (hold ? found.for(hold) : found);
  return row ? { ...row, accountType } : null;
}

async function readByAddress(
  db: Db | Tx,
  accountType: AccountType,
  { channel, address }: Identifier,
  hold?: Hold,
): Promise<Account | null> {
  if (channel === "email") return read(db, accountType, (table) => eq(table.email, address), hold);
  if (accountType === "demo") return null; // they have no phone
  return read(db, accountType, () => eq(users.phoneNumber, address), hold);
}

/** The account with this canonical address, email or phone. */
export const findByAddress = (db: Db | Tx, accountType: AccountType, identifier: Identifier): Promise<Account | null> =>
  readByAddress(db, accountType, identifier);

/**
 * The account with this address, for an ask: until the transaction ends the account is not deleted and keeps its
 * address. It waits for a transaction that holds the account, but asks do not wait for each other.
 */
export const keepByAddress = (tx: Tx, accountType: AccountType, identifier: Identifier): Promise<Account | null> =>
  readByAddress(tx, accountType, identifier, "key share");

/** The account with this address, locked as by `holdById`. */
export const holdByAddress = (tx: Tx, accountType: AccountType, identifier: Identifier): Promise<Account | null> =>
  readByAddress(tx, accountType, identifier, "update");

/** The account with this id. */
export const findById = (db: Db | Tx, accountType: AccountType, id: string): Promise<Account | null> =>
  read(db, accountType, (table) => eq(table.id, id));

/**
 * The account with this id, locked to the end of the transaction against deactivation or a new password. Lock it before
 * its sessions, devices, challenges and messages: another order is a deadlock.
 */
export const holdById = (tx: Tx, accountType: AccountType, id: string): Promise<Account | null> =>
  read(tx, accountType, (table) => eq(table.id, id), "update");

/**
 * The addresses of an account that another account has proven too: an account of the other type, or one that took the
 * address over.
 * @param addresses any number, of one channel
 */
export async function othersAmong(tx: Tx, id: string, channel: Channel, addresses: string[]): Promise<Set<string>> {
  const at = channel === "email" ? sql`email` : sql`phone_number`;
  const tables = channel === "email" ? [users, demoUsers] : [users]; // demo accounts have no phone
  const found = new Set<string>();
  for (const piece of pieces(addresses))
    for (const table of tables) {
      const proven = table === users ? sql`(email_verified or phone_verified)` : sql`email_verified`;
      const rows = await tx.execute<{ address: string }>(sql`select ${at} as address from ${table}
        where ${at} = any(${texts(piece)}) and id <> ${id} and (not is_active or ${proven})`);
      for (const { address } of rows) found.add(address);
    }
  return found;
}

/** The columns that the first proof of an address clears, because nobody had proven a right to them (REC-02). */
const unprovenClaims = [
  "password",
  "reset_token",
  "reset_token_expiry",
  "pending_email",
  "pending_email_otp",
  "pending_email_expiry",
];

/** For each type the condition of a row without a proven address, and the unproven columns of such a row. */
const unprovenRows: Record<AccountType, { unproven: SQL; claims: string[] }> = {
  live: {
    unproven: sql`not (users.email_verified or users.phone_verified)`,
    claims: [...unprovenClaims, "pending_phone"],
  },
  demo: { unproven: sql`not demo_users.email_verified`, claims: unprovenClaims },
};

/**
 * Creates the account of a proven address, or adopts the existing row (`on conflict`, so a race makes one account). The
 * first proof clears the password, pending changes and reset link that anybody set before it (REC-02).
 * @returns the account's id, and whether this was its first proof
 */
export async function proveAddress(
  tx: Tx,
  accountType: AccountType,
  { channel, address }: Identifier,
): Promise<{ id: string; first: boolean }> {
  const table = tableOf(accountType);
  const [column, flag] =
    channel === "email" ? [sql`email`, sql`email_verified`] : [sql`phone_number`, sql`phone_verified`];
  const { unproven, claims } = unprovenRows[accountType];
  const discard = (name: string) =>
    sql`${sql.identifier(name)} = case when ${unproven} then null else ${table}.${sql.identifier(name)} end`;
  const rows = await tx.execute<{ id: string; first: boolean }>(sql`
    with before as (select not (${unproven}) as proven from ${table} where ${column} = ${address})
    insert into ${table} (${column}, ${flag}) values (${address}, true)
    on conflict (${column}) do update set ${flag} = true, updated_at = now(),
      ${sql.join(claims.map(discard), sql`, `)}
    returning id, not coalesce((select proven from before), false) as first`);
  const [row] = rows;
  if (!row) throw new Error("an upsert returned no row");
  return row;
}

/**
 * Creates an unproven row for a registration, without a password. It reserves nothing. For an address that has an
 * account (`real` false) the same statement writes nothing.
 */
export async function createUnproven(tx: Tx, email: string, { real }: { real: boolean }): Promise<string | null> {
  const [row] = await tx.execute<{ id: string }>(sql`
    insert into ${users} (email) select ${email} where ${real}
    on conflict (email) do update set email = excluded.email returning id`); // an invitation at the same moment
  return row?.id ?? null;
}

/** Notes a sign-in (001's `last_login_at`) and returns its time by PostgreSQL's clock. */
export async function touchLastLogin(tx: Tx, accountType: AccountType, id: string): Promise<Date> {
  const table = tableOf(accountType);
  const touched = tx.update(table).set({ lastLoginAt: sql`now()` }).where(eq(table.id, id));
  const [row] = await touched.returning({ at: table.lastLoginAt });
  if (!row?.at) throw new Error("a held account is gone");
  return row.at;
}

/** Deletes an account's row and all rows that cascade from it. Call `disown` first, for its ledger rows. */
export async function deleteAccount(tx: Tx, accountType: AccountType, id: string): Promise<void> {
  const table = tableOf(accountType);
  await tx.delete(table).where(eq(table.id, id));
}
