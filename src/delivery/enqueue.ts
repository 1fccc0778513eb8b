import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Tx } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { sealMessage } from "./envelope";
import type { Message, TextMessage } from "./messages";
import { addDeliverJob } from "./queue";

/** What is to be sent. Where the channel may be SMS, the message must be one that can go by it. */
export type NewDelivery<C extends Channel = Channel> = {
  channel: C;
  /** The canonical address, or the number as E.164. */
  to: string;
  message: [C] extends ["email"] ? Message : TextMessage;
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
export async function enqueue<C extends Channel>(tx: Tx, delivery: NewDelivery<C>): Promise<string> {
  const id = randomUUID();
  const queued = tx.$with("queued").as(
    tx
      .insert(deliveries)
      .values({
        id,
        channel: delivery.channel,
        template: delivery.message.template,
        recipient: delivery.to,
        sealed: sealMessage(delivery.message, { id, channel: delivery.channel, recipient: delivery.to }),
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
