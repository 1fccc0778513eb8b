import { and, eq, lt, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { forget } from "@/keys";
import { inboxHours } from "./inbox";
import { LAST_MESSAGE } from "./messages";

/**
 * Deletes inbox messages older than 24 hours, and drops and erases deliveries that expired an hour ago and were
 * still queued: their job is lost or waits for a provider, and a code must not lie sealed in the table for longer
 * than it is of use. The last message to an account that is gone is forgotten with it, as when it is sent.
 * @returns how many of each. Safe to run twice.
 */
export async function sweepDeliveries(): Promise<{ inboxMessages: number; deliveries: number }> {
  const deleted = await db()
    .delete(inboxMessages)
    .where(lt(inboxMessages.createdAt, sql`now() - make_interval(hours => ${inboxHours})`))
    .returning({ id: inboxMessages.id });
  const dropped = await db().transaction(async (tx) => {
    const late = await tx
      .update(deliveries)
      .set({ state: "dropped", sealed: null, error: "expired" })
      .where(and(eq(deliveries.state, "queued"), lt(deliveries.expiresAt, sql`now() - interval '1 hour'`)))
      .returning({ id: deliveries.id, template: deliveries.template, recipient: deliveries.recipient });
    for (const { id, recipient } of late.filter(({ template }) => template === LAST_MESSAGE))
      await tx
        .update(deliveries)
        .set({ recipient: forget(recipient) })
        .where(eq(deliveries.id, id));
    return late.length;
  });
  return { inboxMessages: deleted.length, deliveries: dropped };
}
