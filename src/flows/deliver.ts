import { db } from "@/db/client";
import { deliver, type Tried } from "@/delivery/deliver";
import { takeSmsNotice } from "@/limits/sms";
import { isAskedFor, isSuperseded, noteSent } from "@/otp/deliveries";

/**
 * Tries one delivery. A retired code is not sent, and notices by text message are sent only within their limits. The
 * ledger records what was sent.
 */
export function deliverOne(deliveryId: string, signal: AbortSignal | undefined): Promise<Tried> {
  return deliver(deliveryId, {
    signal,
    isEnded: (id) => isSuperseded(db(), id),
    // An asked-for message was counted at the ask; a notice is counted when it is sent.
    waitOfText: async ({ id, recipient, decoy }) =>
      (await isAskedFor(db(), id)) ? null : takeSmsNotice(db(), recipient, !decoy),
    onSent: noteSent,
  });
}
