import { and, eq, inArray, lt, or, sql } from "drizzle-orm";
import { inBatches } from "@/db/batches";
import type { Db, Tx } from "@/db/client";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { FORGOTTEN, forget, isForgotten } from "@/keys";

/**
 * Forgets an address in the messages sent to it: what is still queued is dropped, what the inbox shows is gone, and the
 * stories stay under a keyed digest, so that every total does.
 * @param ids messages to an address that was given up before
 */
export async function forgetRecipient(tx: Tx, addresses: string[], ids: string[]): Promise<void> {
  const theirs = or(
    inArray(deliveries.recipient, ["", ...addresses]),
    ids.length > 0 ? inArray(deliveries.id, ids) : undefined,
  );
  const found = await tx
    .select({ id: deliveries.id, recipient: deliveries.recipient })
    .from(deliveries)
    .where(theirs)
    .for("update");
  if (found.length === 0) return;
  const all = inArray(
    deliveries.id,
    found.map(({ id }) => id),
  );
  await tx.delete(inboxMessages).where(
    inArray(
      inboxMessages.id,
      found.map(({ id }) => id),
    ),
  );
  await tx
    .update(deliveries)
    .set({ state: "dropped", sealed: null, error: "the account was deleted" })
    .where(and(all, eq(deliveries.state, "queued")));
  for (const recipient of new Set(found.map((row) => row.recipient)))
    if (!isForgotten(recipient))
      await tx
        .update(deliveries)
        .set({ recipient: forget(recipient) })
        .where(and(all, eq(deliveries.recipient, recipient)));
}

/** Forgets whom settled messages older than so many days went to. Safe to run twice. Returns how many were rewritten. */
export function forgetRecipients(db: Db, days: number): Promise<number> {
  const old = and(
    lt(deliveries.createdAt, sql`now() - make_interval(days => ${days})`),
    sql`${deliveries.state} <> 'queued'`,
    sql`${deliveries.recipient} !~ ${FORGOTTEN}`,
  );
  return inBatches((batch) =>
    db.transaction(async (tx) => {
      const rows = await tx
        .select({ id: deliveries.id, recipient: deliveries.recipient })
        .from(deliveries)
        .where(old)
        .limit(batch)
        .for("update", { skipLocked: true });
      for (const { id, recipient } of rows)
        await tx
          .update(deliveries)
          .set({ recipient: forget(recipient) })
          .where(eq(deliveries.id, id));
      return rows.length;
    }),
  );
}
