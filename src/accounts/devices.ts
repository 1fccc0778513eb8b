import { and, desc, eq, inArray, ne, not, sql } from "drizzle-orm";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, ownedBy, ownerColumnOf, ownerColumns, tableOf } from "@/db/owner";
import { users } from "@/db/schema/accounts";
import { knownDevices as devices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { hashSecret, newSecret } from "@/secrets";
import type { Identifier } from "./identifier";

/** How long a browser stays known without a sign-in. Seconds; browsers keep no cookie for longer than 400 days. */
export const DEVICE_SECONDS = 400 * 24 * 3600;

/** Only this hash of a device cookie's secret is kept. */
export const hashDevice = hashSecret;

/**
 * The share that counts this browser's asks and guesses for this address: its own, if it is a known device of the
 * account, else null, the strangers'. The statement is the same with and without an account.
 * @param hashes of the secrets in its device cookie, five at most
 */
export async function shareOf(
  db: Db,
  hashes: string[],
  { accountType, channel, address }: Identifier & { accountType: AccountType },
): Promise<string | null> {
  if (hashes.length === 0) return null;
  const owner = tableOf(accountType);
  const at = channel === "email" ? owner.email : users.phoneNumber;
  if (accountType === "demo" && channel === "sms") return null;
  const [row] = await db
    .select({ id: devices.id })
    .from(devices)
    .innerJoin(owner, eq(owner.id, ownerColumnOf(devices, accountType)))
    .where(and(eq(at, address), inArray(devices.secretHash, hashes)))
    .orderBy(...oldestFirst);
  return row?.id ?? null;
}

/** After two sign-ins at once a cookie can hold two devices of an account. Then the older one always counts. */
const oldestFirst = [devices.createdAt, devices.id] as const;

/** A known device. `secret` is set for a browser that the account did not know: its cookie needs it. */
export type Remembered = { id: string; hash: string; secret: string | null };

/**
 * Makes a browser a known device of this account, or notes that it was seen. An unknown browser always gets a new
 * secret: its cookie may have been planted by an attacker, or be another account's.
 * @param hashes of the secrets in its device cookie, five at most
 */
export async function rememberDevice(
  tx: Tx,
  owner: Owner,
  hashes: string[],
  userAgent: string | null,
): Promise<Remembered> {
  const known = tx
    .select({ id: devices.id })
    .from(devices)
    .where(and(ownedBy(devices, owner), inArray(devices.secretHash, hashes)))
    .orderBy(...oldestFirst)
    .limit(1);
  const [seen] =
    hashes.length === 0
      ? []
      : await tx
          .update(devices)
          .set({ lastSeenAt: sql`now()`, userAgent })
          .where(sql`${devices.id} = (${known})`)
          .returning({ id: devices.id, hash: devices.secretHash });
  if (seen) return { ...seen, secret: null };
  const secret = newSecret();
  const hash = hashDevice(secret);
  const [made] = await tx
    .insert(devices)
    .values({ secretHash: hash, userAgent, ...ownerColumns(owner) })
    .returning({ id: devices.id });
  if (!made) throw new Error("no device was made");
  return { ...made, hash, secret };
}

/** Forgets all devices of an account except one. */
export async function forgetDevices(tx: Tx, owner: Owner, except?: string): Promise<void> {
  await tx.delete(devices).where(and(ownedBy(devices, owner), except ? ne(devices.id, except) : undefined));
}

/** Forgets all devices of an account except the one of this session. */
export async function forgetOtherDevices(tx: Tx, owner: Owner, sessionId: string): Promise<void> {
  await tx.delete(devices).where(and(ownedBy(devices, owner), not(isDeviceOf(sessionId))));
}

// Drizzle writes a single column as `id`, which is the session's here. So the table's name is written out.
const isDeviceOf = (sessionId: string) =>
  sql<boolean>`exists (select from ${sessions} s where s.id = ${sessionId} and s.device_id = ${devices}.id)`;

/**
 * Forgets one device of this account and ends the account's sessions there: a forgotten device must not stay signed in.
 * @param except the asking session, which stays
 * @returns whether the account had this device
 */
export async function forgetDevice(tx: Tx, owner: Owner, id: string, except?: string): Promise<boolean> {
  const theirs = and(ownedBy(devices, owner), eq(devices.id, id));
  const its = sql`${sessions.deviceId} in (select ${devices.id} from ${devices} where ${theirs})`;
  await tx.delete(sessions).where(and(its, except ? ne(sessions.id, except) : undefined));
  return (await tx.delete(devices).where(theirs).returning({ id: devices.id })).length === 1;
}

/** Deletes devices whose cookie has expired. Safe to run twice, and by two at once. */
export function sweepDevices(db: Db): Promise<number> {
  return deleteInBatches(db, devices, sql`last_seen_at < now() - make_interval(secs => ${DEVICE_SECONDS})`);
}

/**
 * The known devices of an account, the last signed in first.
 * @param sessionId the session whose device is `current`
 */
export function listDevices(
  db: Db,
  owner: Owner,
  { most = 100, sessionId }: { most?: number; sessionId?: string } = {},
) {
  const { id, userAgent, createdAt, lastSeenAt } = devices;
  const current = sessionId === undefined ? sql<boolean>`false` : isDeviceOf(sessionId);
  return db
    .select({ id, current, userAgent, createdAt, lastSeenAt })
    .from(devices)
    .where(ownedBy(devices, owner))
    .orderBy(desc(lastSeenAt), desc(id))
    .limit(most);
}

/** The known devices of an account. */
export async function devicesOf(tx: Tx, owner: Owner): Promise<string[]> {
  const rows = await tx.select({ id: devices.id }).from(devices).where(ownedBy(devices, owner));
  return rows.map(({ id }) => id);
}
