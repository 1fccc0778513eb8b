import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";

/* What the ledger knows of a delivery, and is told of it. */

/** Whether the challenge that a delivery tells of was ended: two codes in a mailbox, and only one works, confuse. */
export async function isSuperseded(db: Db, deliveryId: string): Promise<boolean> {
  const rows = await db
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.deliveryId, deliveryId), isNotNull(ledger.supersededAt)))
    .limit(1);
  return rows.length > 0;
}

/** Whether a delivery answers an ask: with a code, or with the notice in its place. */
export async function isAskedFor(db: Db, deliveryId: string): Promise<boolean> {
  return (await db.$count(ledger, eq(ledger.deliveryId, deliveryId))) > 0;
}

/**
 * Notes on the ledger that a code's message was taken by the provider: the delivery's own row is swept one day. The row
 * of a decoy, which nobody took, is written again as it is, so that it takes the worker as long (law 1).
 */
export async function noteSent(tx: Tx, deliveryId: string, isSent: boolean): Promise<void> {
  const sentAt = isSent ? sql`now()` : sql`${ledger.sentAt}`;
  await tx.update(ledger).set({ sentAt }).where(eq(ledger.deliveryId, deliveryId));
}
