import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";

/* What the ledger says about a delivery, and what it records of one. */

/** Whether the challenge of a delivery was ended. Its message is dropped: a code that does not work confuses people. */
export async function isSuperseded(db: Db, deliveryId: string): Promise<boolean> {
  const rows = await db
    .select({ sNo: ledger.sNo })
    .from(ledger)
    .where(and(eq(ledger.deliveryId, deliveryId), isNotNull(ledger.supersededAt)))
    .limit(1);
  return rows.length > 0;
}

/** Whether a delivery answers an ask, with a code or a notice. */
export async function isAskedFor(db: Db, deliveryId: string): Promise<boolean> {
  return (await db.$count(ledger, eq(ledger.deliveryId, deliveryId))) > 0;
}

/**
 * Notes on the ledger that the provider took a code's message, because the delivery's own row is swept later. A decoy's
 * row is written without a change, so that a decoy takes the worker as long (law 1).
 */
export async function noteSent(tx: Tx, deliveryId: string, isSent: boolean): Promise<void> {
  const sentAt = isSent ? sql`now()` : sql`${ledger.sentAt}`;
  await tx.update(ledger).set({ sentAt }).where(eq(ledger.deliveryId, deliveryId));
}
