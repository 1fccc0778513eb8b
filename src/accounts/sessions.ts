import { createHash, randomBytes } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { sessions } from "@/db/schema/sessions";
import type { AccountType } from "./accounts";

/** What a session has proven: the password, or a code sent to the account's address. */
export type Proof = "password" | "code";

/** A signed-in browser. Ages are in seconds, by PostgreSQL's clock; null where that proof is missing. */
export type Session = {
  id: string;
  accountType: AccountType;
  accountId: string;
  proofs: Proof[];
};

/** How long a session lives unused, and at most (SES-04). Seconds. */
export const SESSION_IDLE_SECONDS = 7 * 24 * 3600;
export const SESSION_ABSOLUTE_SECONDS = 30 * 24 * 3600;

/** A session's activity is written down at most this often, so that reading a page is not a write. Seconds. */
const TOUCH_SECONDS = 60;

const alive = sql`${sessions.lastSeenAt} > now() - make_interval(secs => ${SESSION_IDLE_SECONDS})
  and ${sessions.createdAt} > now() - make_interval(secs => ${SESSION_ABSOLUTE_SECONDS})`;

const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

const proofColumns = (proof: Proof) =>
  proof === "password" ? { passwordProvedAt: sql`now()` } : { codeProvedAt: sql`now()` };

/** Starts a session and returns its secret: 32 random bytes, base64url. Only the cookie ever holds it. */
export async function startSession(
  tx: Tx,
  owner: { accountType: AccountType; id: string },
  proof: Proof,
  from: { ipAddress: string; userAgent: string | null },
): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  await tx.insert(sessions).values({
    secretHash: hashOf(secret),
    userId: owner.accountType === "live" ? owner.id : null,
    demoUserId: owner.accountType === "demo" ? owner.id : null,
    ...proofColumns(proof),
    ipAddress: from.ipAddress,
    userAgent: from.userAgent,
  });
  return secret;
}

/**
 * Adds a proof to a session and changes its secret (SES-02); its age is kept, so activity never outlives the absolute
 * limit. Null when the session has ended meanwhile: then nothing may come of the proof.
 */
export async function addProof(tx: Tx, sessionId: string, proof: Proof): Promise<string | null> {
  const secret = randomBytes(32).toString("base64url");
  const kept = await tx
    .update(sessions)
    .set({ secretHash: hashOf(secret), lastSeenAt: sql`now()`, ...proofColumns(proof) })
    .where(eq(sessions.id, sessionId))
    .returning({ id: sessions.id });
  return kept.length === 1 ? secret : null;
}

/** Whether a session still stands; it is then held to the end of the transaction. */
export async function holdSession(tx: Tx, sessionId: string): Promise<boolean> {
  const held = tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId)).for("update");
  return (await held).length === 1;
}

/** The live session behind a cookie's secret, or null. Never adopts an unknown secret. */
export async function findSession(db: Db, secret: string): Promise<Session | null> {
  const [row] = await db
    .select({
      id: sessions.id,
      userId: sessions.userId,
      demoUserId: sessions.demoUserId,
      password: sql<boolean>`${sessions.passwordProvedAt} is not null`,
      code: sql<boolean>`${sessions.codeProvedAt} is not null`,
      isStale: sql<boolean>`${sessions.lastSeenAt} < now() - make_interval(secs => ${TOUCH_SECONDS})`,
    })
    .from(sessions)
    .where(and(eq(sessions.secretHash, hashOf(secret)), alive));
  const accountId = row?.userId ?? row?.demoUserId;
  if (!row || !accountId) return null;
  if (row.isStale) await db.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.id, row.id));
  const proofs: Proof[] = [];
  if (row.password) proofs.push("password");
  if (row.code) proofs.push("code");
  return { id: row.id, accountType: row.userId ? "live" : "demo", accountId, proofs };
}

/** Ends one session, at once and everywhere. */
export async function endSession(tx: Tx | Db, sessionId: string): Promise<void> {
  await tx.delete(sessions).where(eq(sessions.id, sessionId));
}

/** Ends every session of an account. */
export async function endSessionsOf(tx: Tx, owner: { accountType: AccountType; id: string }): Promise<void> {
  await tx.delete(sessions).where(eq(owner.accountType === "live" ? sessions.userId : sessions.demoUserId, owner.id));
}
