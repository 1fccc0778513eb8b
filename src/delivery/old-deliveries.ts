import { sql } from "drizzle-orm";
import { deleteInBatches, inTransactions, texts } from "@/db/batches";
import type { Db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { forget } from "@/keys";
import { LAST_MESSAGE } from "./messages";

/**
 * Drops and erases queued deliveries that expired an hour ago. Their job is lost or waits for a provider, and a sealed
 * code must not stay in the table after its life. Also forgets the recipient of the last message to a deleted account.
 * Safe to run twice and in parallel.
 * @returns how many
 */
export function sweepQueued(db: Db): Promise<number> {
  const late = sql`select id from ${deliveries} where state = 'queued' and expires_at < now() - interval '1 hour'`;
  return inTransactions(db, async (tx, batch) => {
    const dropped = await tx
      .update(deliveries)
      .set({ state: "dropped", sealed: null, error: "expired" })
      .where(sql`${deliveries.id} = any(array(${late} limit ${batch} for update skip locked))`)
      .returning({ id: deliveries.id, template: deliveries.template, recipient: deliveries.recipient });
    const last = dropped.filter(({ template }) => template === LAST_MESSAGE);
    await tx.execute(sql`update ${deliveries} set recipient = kept.digest, updated_at = now()
      from unnest(${texts(last.map(({ id }) => id))}, ${texts(last.map(({ recipient }) => forget(recipient)))})
        as kept (id, digest) where ${deliveries.id} = kept.id::uuid`);
    return dropped.length;
  });
}

/**
 * Deletes settled deliveries older than `days`. The ledger is kept longer, and has noted whether the message was sent.
 * Safe to run twice and in parallel. Returns how many.
 */
export function sweepDeliveries(db: Db, days: number): Promise<number> {
  return deleteInBatches(
    db,
    deliveries,
    sql`created_at < now() - make_interval(days => ${days}) and state <> 'queued'`,
  );
}
