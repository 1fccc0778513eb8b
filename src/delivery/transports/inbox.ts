import { db } from "@/db/client";
import { inboxMessages } from "@/db/schema/deliveries";
import { sealInboxMessage } from "../inbox";
import type { Transport } from "./transport";

/** Keeps messages for `/dev/inbox` instead of sending them. */
export function inboxTransport(): Transport {
  return {
    name: "inbox",
    async send(mail, { idempotencyKey }) {
      await db()
        .insert(inboxMessages)
        .values({ id: idempotencyKey, sealed: sealInboxMessage({ channel: "email", ...mail }, idempotencyKey) })
        .onConflictDoNothing(); // a second try shows it once
      return { ok: true, providerId: null };
    },
  };
}
