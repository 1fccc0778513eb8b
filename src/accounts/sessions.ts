import { and, desc, eq, ne, notExists, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { deleteInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { type AccountType, type Owner, ownedBy, ownerColumns } from "@/db/owner";
import { users } from "@/db/schema/accounts";
import { knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { hashSecret, newSecret } from "@/secrets";

/** A session's proof: of the password, or of a code sent to the account's address. */
export type Proof = "password" | "code";

/** A signed-in browser. Ages are in seconds by PostgreSQL's clock; null for a missing proof. */
export type Session = {
  id: string;
  accountType: AccountType;
  accountId: string;
  proofs: Proof[];
  /** How long ago each proof was given. */
  proofAges: Record<Proof, number | null>;
};

/** The idle and the absolute limit of a session (SES-04). Seconds. */
export const SESSION_IDLE_SECONDS = 7 * 24 * 3600;
export const SESSION_ABSOLUTE_SECONDS = 30 * 24 * 3600;

/** How long an admin's session may be idle before it needs new proofs (SES-04). Seconds. */
const ADMIN_IDLE_SECONDS = 3600;

/** The least time between two writes of a session's activity, so that most page reads write nothing. Seconds. */
const TOUCH_SECONDS = 60;

/** The condition of a session within its idle and absolute limits. */
export const alive = sql`${sessions.lastSeenAt} > now() - make_interval(secs => ${SESSION_IDLE_SECONDS})
  and ${sessions.createdAt} > now() - make_interval(secs => ${SESSION_ABSOLUTE_SECONDS})`;

const secondsSince = (column: PgColumn) => sql<number | null>`extract(epoch from now() - ${column})::int`;

const proofColumns = (proof: Proof) =>
  proof === "password" ? { passwordProvedAt: sql`now()` } : { codeProvedAt: sql`now()` };

/** Starts a session and returns its secret. */
export async function startSession(
  tx: Tx,
  owner: Owner,
  proof: Proof,
  from: { ipAddress: string; userAgent: string | null; deviceId: string },
): Promise<string> {
  const secret = newSecret();
  await tx.insert(sessions).values({
    secretHash: hashSecret(secret),
    ...ownerColumns(owner),
    ...proofColumns(proof),
    ipAddress: from.ipAddress,
    userAgent: from.userAgent,
    deviceId: from.deviceId,
  });
  return secret;
}

/**
 * Adds a proof to a session and changes its secret (SES-02). It keeps the session's age, because the absolute limit
 * counts from the start. Null if the session has ended: then the proof must have no consequence.
 * @param deviceId the browser's known device, which is forgotten when the session is revoked
 */
export async function addProof(tx: Tx, sessionId: string, proof: Proof, deviceId?: string): Promise<string | null> {
  const secret = newSecret();
  const kept = await tx
    .update(sessions)
    .set({
      secretHash: hashSecret(secret),
      lastSeenAt: sql`now()`,
      ...proofColumns(proof),
      deviceId,
      // The call that completed the profile is not answered again: its secret is two secrets old.
      completionSecretHash: null,
      completionMac: null,
      completedAt: null,
    })
    .where(eq(sessions.id, sessionId))
    .returning({ id: sessions.id });
  return kept.length === 1 ? secret : null;
}

/** Whether a session has not ended. */
export async function isStanding(tx: Tx, sessionId: string): Promise<boolean> {
  return (await tx.$count(sessions, eq(sessions.id, sessionId))) > 0;
}

/** Whether a session has not ended. If so, it is locked to the end of the transaction. */
export async function holdSession(tx: Tx, sessionId: string): Promise<boolean> {
  const held = tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId)).for("update");
  return (await held).length === 1;
}

const columns = {
  id: sessions.id,
  userId: sessions.userId,
  demoUserId: sessions.demoUserId,
  password: secondsSince(sessions.passwordProvedAt),
  code: secondsSince(sessions.codeProvedAt),
};

/** The live session behind a cookie's secret, or null. Never adopts an unknown secret. */
export async function findSession(db: Db, secret: string): Promise<Session | null> {
  const [found] = await db
    .select({
      ...columns,
      isStale: sql<boolean>`${sessions.lastSeenAt} < now() - make_interval(secs => ${TOUCH_SECONDS})`,
    })
    .from(sessions)
    .where(and(eq(sessions.secretHash, hashSecret(secret)), alive));
  const row = found?.isStale ? await touch(db, found.id) : found;
  const accountId = row?.userId ?? row?.demoUserId;
  if (!row || !accountId) return null;
  const proofs: Proof[] = [];
  if (row.password !== null) proofs.push("password");
  if (row.code !== null) proofs.push("code");
  return {
    id: row.id,
    accountType: row.userId ? "live" : "demo",
    accountId,
    proofs,
    proofAges: { password: row.password, code: row.code },
  };
}

/**
 * Notes a session's activity. An admin's session that was idle for an hour stays signed in but loses its proofs
 * (SES-04). This happens at the first call after the pause, because that call ends the idle time.
 */
async function touch(db: Db, sessionId: string) {
  const lapsed = sql`(${sessions.lastSeenAt} < now() - make_interval(secs => ${ADMIN_IDLE_SECONDS})
    and exists (select from ${users} u where u.id = ${sessions.userId} and u.role = 'ADMIN'))`;
  const [row] = await db
    .update(sessions)
    .set({
      lastSeenAt: sql`now()`,
      passwordProvedAt: sql`case when not ${lapsed} then ${sessions.passwordProvedAt} end`,
      codeProvedAt: sql`case when not ${lapsed} then ${sessions.codeProvedAt} end`,
    })
    .where(eq(sessions.id, sessionId))
    .returning(columns);
  return row;
}

/** Ends one session. @returns whether there was one to end */
export async function endSession(tx: Tx | Db, sessionId: string): Promise<boolean> {
  return (await tx.delete(sessions).where(eq(sessions.id, sessionId)).returning({ id: sessions.id })).length > 0;
}

/** Ends every session of an account, except one. */
export async function endSessionsOf(tx: Tx, owner: Owner, except?: string): Promise<void> {
  const others = and(ownedBy(sessions, owner), except ? ne(sessions.id, except) : undefined);
  await tx.delete(sessions).where(others);
}

/**
 * Ends one session of this account, and returns whether there was one. Its device is forgotten, unless another session
 * is signed in on it.
 */
export async function revokeSession(tx: Tx, owner: Owner, sessionId: string): Promise<boolean> {
  const its = and(ownedBy(sessions, owner), eq(sessions.id, sessionId));
  const [ended] = await tx.delete(sessions).where(its).returning({ deviceId: sessions.deviceId });
  if (!ended) return false;
  if (ended.deviceId === null) return true;
  const signedIn = tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.deviceId, knownDevices.id));
  await tx.delete(knownDevices).where(and(eq(knownDevices.id, ended.deviceId), notExists(signedIn)));
  return true;
}

/** An account's live sessions, the last seen first. */
export async function listSessions(db: Db, owner: Owner) {
  return db
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      ipAddress: sessions.ipAddress,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
    })
    .from(sessions)
    .where(and(ownedBy(sessions, owner), alive))
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.id))
    .limit(100);
}

/** Deletes sessions past their idle or absolute limit. Safe to run twice, and by two at once. */
export function sweepSessions(db: Db): Promise<number> {
  const ended = sql`(last_seen_at < now() - make_interval(secs => ${SESSION_IDLE_SECONDS})
    or created_at < now() - make_interval(secs => ${SESSION_ABSOLUTE_SECONDS}))`;
  return deleteInBatches(db, sessions, ended);
}
