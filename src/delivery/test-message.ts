import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import type { OpenedMessage } from "./messages";
import { prepare, sendTimeoutMs } from "./send";
import type { SendResult } from "./transports/transport";

const message: OpenedMessage = { template: "test", props: {} };

/** A test message's provider, and the function that sends it. */
export type TestMessage = { provider: string; send: () => Promise<SendResult> };

/**
 * Prepares a test message with the settings in force. It is sent once, at once and without the queue.
 * @param to an email address, or a phone number as E.164.
 * @returns null where no SMS transport is set.
 */
export async function testMessage(to: string): Promise<TestMessage | null> {
  const channel = to.startsWith("+") ? "sms" : "email";
  const prepared = await prepare(channel, to, message);
  if (!prepared) return null;
  const { provider, send } = prepared;
  return {
    provider,
    async send() {
      const id = randomUUID();
      const expiresInSeconds = 600;
      // An inbox message belongs to a delivery, so it needs the database. A provider does not.
      if (provider === "inbox")
        await db()
          .insert(deliveries)
          .values({
            id,
            channel,
            template: message.template,
            recipient: to,
            state: "sent",
            provider,
            attempts: 1,
            sentAt: sql`now()`,
            expiresAt: sql`now() + make_interval(secs => ${expiresInSeconds})`,
          });
      const signal = AbortSignal.timeout(sendTimeoutMs);
      return send({ idempotencyKey: id, signal, expiresInSeconds, triedSince: null });
    },
  };
}
