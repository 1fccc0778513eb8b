import { createHash, randomBytes } from "node:crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { knownDevices as devices } from "@/db/schema/devices";
import type { AccountType } from "./accounts";
import type { Identifier } from "./identifier";

/** How long a browser stays known without a sign-in. Seconds; browsers keep no cookie for longer than 400 days. */
export const DEVICE_SECONDS = 400 * 24 * 3600;

type Owner = { accountType: AccountType; id: string };

const ownedBy = ({ accountType, id }: Owner) => eq(accountType === "live" ? devices.userId : devices.demoUserId, id);

/** A new secret for the device cookie: 32 random bytes, base64url. */
export const newDeviceSecret = (): string => randomBytes(32).toString("base64url");

/** What is kept of a device cookie's secret. */
export const hashDevice = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/**
 * The share that asks and guesses of this browser for this address are counted in: its own, if it has signed in to
 * the account before (design, "Known devices"), else null, the strangers'. One statement, whether or not there is an
 * account.
 */
export async function shareOf(
  db: Db,
  device: string | null,
  { accountType, channel, address }: Identifier & { accountType: AccountType },
): Promise<string | null> {
  if (device === null) return null;
  const owner = accountType === "live" ? users : demoUsers;
  const ownerId = accountType === "live" ? devices.userId : devices.demoUserId;
  const at = channel === "email" ? owner.email : users.phoneNumber;
  if (accountType === "demo" && channel === "sms") return null;
  const [row] = await db
    .select({ id: devices.id })
    .from(devices)
    .innerJoin(owner, eq(owner.id, ownerId))
    .where(and(eq(at, address), eq(devices.secretHash, device)));
  return row?.id ?? null;
}

/** Makes a browser a known device of this account, or notes that it was seen. `isNew` when it was none before. */
export async function rememberDevice(
  tx: Tx,
  owner: Owner,
  device: string,
  userAgent: string | null,
): Promise<{ id: string; isNew: boolean }> {
  const [known] = await tx
    .update(devices)
    .set({ lastSeenAt: sql`now()`, userAgent })
    .where(and(ownedBy(owner), eq(devices.secretHash, device)))
    .returning({ id: devices.id });
  if (known) return { ...known, isNew: false };
  const ids = {
    userId: owner.accountType === "live" ? owner.id : null,
    demoUserId: owner.accountType === "demo" ? owner.id : null,
  };
  const [made] = await tx
    .insert(devices)
    .values({ secretHash: device, userAgent, ...ids })
    .onConflictDoNothing()
    .returning({ id: devices.id });
  // Two sign-ins of one browser at once: the other one made it.
  return made ? { ...made, isNew: true } : rememberDevice(tx, owner, device, userAgent);
}

/** Makes strangers of an account's devices, but for one. */
export async function forgetDevices(tx: Tx, owner: Owner, except?: string): Promise<void> {
  await tx.delete(devices).where(and(ownedBy(owner), except ? ne(devices.id, except) : undefined));
}

/** Deletes devices whose cookie is gone by now. Safe to run twice, and by two at once. */
export function sweepDevices(db: Db): Promise<number> {
  return deleteInBatches(db, devices, sql`last_seen_at < now() - make_interval(secs => ${DEVICE_SECONDS})`);
}

/** The known devices of an account, as its owner may see them. */
export function listDevices(db: Db, owner: Owner) {
  const { userAgent, createdAt, lastSeenAt } = devices;
  return db.select({ userAgent, createdAt, lastSeenAt }).from(devices).where(ownedBy(owner)).limit(1000);
}

/** The known devices of an account. */
export async function devicesOf(tx: Tx, owner: Owner): Promise<string[]> {
  const rows = await tx.select({ id: devices.id }).from(devices).where(ownedBy(owner));
  return rows.map(({ id }) => id);
}
