import { db } from "@/db/client";
import { inboxMessages } from "@/db/schema/deliveries";
import { type InboxContent, sealInboxMessage } from "../inbox";
import type { MailTransport, SendResult, SmsTransport } from "./transport";

const name = "inbox";

/** Keeps mail for `/dev/inbox` instead of sending it. */
export function inboxMailTransport(): MailTransport {
  return { name, send: (mail, { idempotencyKey }) => keep({ channel: "email", ...mail }, idempotencyKey) };
}

/** Keeps text messages for `/dev/inbox` instead of sending them. */
export function inboxSmsTransport(): SmsTransport {
  return {
    name,
    send: (sms, { idempotencyKey }) => keep({ channel: "sms", ...sms, subject: null, html: null }, idempotencyKey),
  };
}

async function keep(content: InboxContent, id: string): Promise<SendResult> {
  await db()
    .insert(inboxMessages)
    .values({ id, sealed: sealInboxMessage(content, id) })
    .onConflictDoNothing(); // a second try must not show it twice
  return { ok: true, providerId: null };
}
