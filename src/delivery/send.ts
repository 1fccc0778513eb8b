import { renderMail } from "./mail";
import { isTextMessage, type OpenedMessage } from "./messages";
import { renderSms } from "./sms";
import { mailTransport, smsTransport } from "./transports/choose";
import type { SendOptions, SendResult } from "./transports/transport";

/** A message that is ready to send, and its provider. */
export type Prepared = { provider: string; send: (options: SendOptions) => Promise<SendResult> };

/** The time limit of one try (standards, DEL-03). */
export const sendTimeoutMs = 10_000;

/**
 * Renders a message for its channel and finds its transport. It sends nothing yet.
 * @returns null if there is no transport, or the message has no words for the channel.
 * @throws if it does not render.
 */
export async function prepare(channel: string, to: string, message: OpenedMessage): Promise<Prepared | null> {
  if (channel === "email") {
    const transport = mailTransport();
    const mail = { to, ...(await renderMail(message, { to })) };
    return { provider: transport.name, send: (options) => transport.send(mail, options) };
  }
  const transport = smsTransport();
  if (channel !== "sms" || transport === null || !isTextMessage(message)) return null;
  const sms = { to, text: renderSms(message) };
  return { provider: transport.name, send: (options) => transport.send(sms, options) };
}
