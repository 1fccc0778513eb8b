import { and, eq, inArray, sql } from "drizzle-orm";
import { clearInBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { type Owner, ownerOf } from "@/db/owner";
import { sessions } from "@/db/schema/sessions";
import { hashSecret, newSecret } from "@/secrets";
import { alive } from "./sessions";

/** How long a call that completed a profile can be answered again, if its answer was lost. Seconds. */
const AGAIN_SECONDS = 60;

/** A call that completed a profile: its session secret, and the MAC of its other parts (see `flows`). */
type Call = { secret: string; mac: string };

const none = { completionSecretHash: null, completionMac: null, completedAt: null };

/** Notes on the session the call that completed the profile, so that this call can be answered again. */
export async function noteCompletion(tx: Tx, sessionId: string, { secret, mac }: Call): Promise<void> {
  const call = { completionSecretHash: hashSecret(secret), completionMac: mac, completedAt: sql`now()` };
  await tx.update(sessions).set(call).where(eq(sessions.id, sessionId));
}

/**
 * Gives a new secret to the session of a repeated call: within a minute, and once under any concurrency.
 * @param macs of this call, under each key that may have made the stored one
 * @returns the new secret and the session's owner, or null if the call is not answered again
 */
export async function takeCompletion(
  tx: Tx,
  { secret, macs }: { secret: string; macs: string[] },
): Promise<{ secret: string; account: Owner } | null> {
  const next = newSecret();
  const isSame = and(eq(sessions.completionSecretHash, hashSecret(secret)), inArray(sessions.completionMac, macs));
  const isInTime = sql`${sessions.completedAt} >= now() - make_interval(secs => ${AGAIN_SECONDS})`;
  const [row] = await tx
    .update(sessions)
    .set({ secretHash: hashSecret(next), ...none })
    .where(and(isSame, isInTime, alive))
    .returning({ userId: sessions.userId, demoUserId: sessions.demoUserId });
  const account = row ? ownerOf(row) : null;
  return account && { secret: next, account };
}

/** Forgets the calls whose minute is over, because their MACs cover passwords. Safe to run twice. */
export function sweepCompletions(db: Db): Promise<number> {
  const isOver = sql`completion_secret_hash is not null and completed_at < now() - make_interval(secs => ${AGAIN_SECONDS})`;
  const cleared = sql`completion_secret_hash = null, completion_mac = null, completed_at = null`;
  return clearInBatches(db, sessions, isOver, cleared);
}
