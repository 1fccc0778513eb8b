import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Channel } from "@/db/channel";
import type { Tx } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { sealMessage } from "./envelope";
import type { Message, TextMessage } from "./messages";
import { addDeliverJob } from "./queue";

/** A message to send. Where the channel may be SMS, the template must have a text for SMS. */
export type NewDelivery<C extends Channel = Channel> = {
  channel: C;
  /** The canonical email address, or the phone number as E.164. */
  to: string;
  message: [C] extends ["email"] ? Message : TextMessage;
  /** A decoy is sealed and queued like any other delivery, and dropped by the worker: the asker sees no difference. */
  decoy: boolean;
  /** The life of the message by PostgreSQL's clock, from the start of the transaction. */
  expiresInSeconds: number;
};

/**
 * Enqueues a delivery in the caller's transaction: the message is sent only if that commits (standards, DEL-01). It is
 * one statement in one round trip, also for a decoy.
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
