import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { sealMessage } from "./envelope";
import type { Message } from "./messages";
import { addDeliverJob } from "./queue";

export type NewDelivery = {
  channel: "email";
  /** The canonical address. */
  to: string;
  message: Message;
  /** Queued like any other delivery, with a message to seal, and dropped by the worker: the asker can tell no difference. */
  decoy: boolean;
  /** After this nothing is sent. By PostgreSQL's clock, from the transaction's start. */
  expiresInSeconds: number;
};

/**
 * Enqueues a delivery in the caller's transaction: if that commits the message will be sent, if not it never was
 * (standards, DEL-01). One statement, one round trip, the same for a decoy.
 * @returns the delivery's id.
 */
export async function enqueue(tx: Tx, delivery: NewDelivery): Promise<string> {
  const id = randomUUID();
  const queued = tx.$with("queued").as(
    tx
      .insert(deliveries)
      .values({
        id,
        channel: delivery.channel,
        template: delivery.message.template,
        recipient: delivery.to,
        sealed: sealMessage(delivery.message, id),
        decoy: delivery.decoy,
        expiresAt: sql`now() + make_interval(secs => ${delivery.expiresInSeconds})`,
      })
      .returning({ id: deliveries.id }),
  );
  await tx
    .with(queued)
    .select({ added: addDeliverJob(queued.id) })
    .from(queued);
  return id;
}
