import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { and, desc, eq, isNotNull } from "drizzle-orm";
import { type Identifier, parseIdentifier } from "@/accounts/identifier";
import { db } from "@/db/client";
import { type AccountType, tableOf } from "@/db/owner";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { openMessage } from "@/delivery/envelope";
import type { AskingCaller } from "@/flows/caller";
import { hashSecret, newSecret } from "@/secrets";

/** A new browser with an id and without a session. */
export function browser(overrides: Partial<AskingCaller> = {}): AskingCaller {
  return {
    requestId: randomUUID(),
    // Tests with one IP address would share limits.
    ipAddress: `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::1`,
    userAgent: "test browser",
    browser: hashSecret(newSecret()),
    devices: [],
    session: null,
    signal: null,
    ...overrides,
  };
}

/** An unused email address. */
export function freshEmail(): string {
  return `person-${randomBytes(6).toString("hex")}@example.com`;
}

/** An unused phone number. */
export function freshPhone(): string {
  return `+1415${String(randomInt(10_000_000)).padStart(7, "0")}`;
}

/** A canonical address, as routers hand it to flows. */
export function identifierOf(address: string): Identifier {
  const identifier = parseIdentifier(address);
  if ("fault" in identifier) throw new Error(`${address} is no address`);
  return identifier;
}

type Row = Partial<typeof users.$inferInsert>;

/** Inserts an account, active by default. */
export async function account(accountType: AccountType, row: Row = {}): Promise<{ id: string; email: string }> {
  const email = row.email ?? freshEmail();
  const values = { emailVerified: true, isProfileComplete: true, name: "Ada", ...row, email };
  const table = tableOf(accountType);
  const [created] = await db().insert(table).values(values).returning({ id: table.id });
  if (!created) throw new Error("no account was made");
  return { id: created.id, email };
}

/** Inserts a live account with a phone number only, active by default. */
export async function phoneAccount(row: Row = {}): Promise<{ id: string; phone: string }> {
  const phone = row.phoneNumber ?? freshPhone();
  const values = { phoneVerified: true, isProfileComplete: true, name: "Ada", ...row, phoneNumber: phone };
  const [created] = await db().insert(users).values(values).returning({ id: users.id });
  if (!created) throw new Error("no account was made");
  return { id: created.id, phone };
}

/** The code in an address's newest queued message; null without one. */
export async function queuedCode(address: string): Promise<string | null> {
  const message = await queuedMessage(address);
  return message?.template === "code" ? message.props.code : null;
}

/** The newest message queued for an address. */
export async function queuedMessage(address: string) {
  const [row] = await db()
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.recipient, address), isNotNull(deliveries.sealed)))
    .orderBy(desc(deliveries.createdAt))
    .limit(1);
  return row?.sealed ? openMessage(row.sealed, row) : null;
}

/** A wrong code. */
export function otherCode(code: string): string {
  return code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
}
