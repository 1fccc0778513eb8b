import { db } from "@/db/client";
import { deliver, type Tried } from "@/delivery/deliver";
import { takeSmsNotice } from "@/limits/sms";
import { isAskedFor, isSuperseded, noteSent } from "@/otp/deliveries";

/**
 * Tries one delivery: not what a newer code has replaced, and of text messages only as many notices as there is room
 * for. The ledger is told what was sent.
 */
export function deliverOne(deliveryId: string, signal: AbortSignal | undefined): Promise<Tried> {
  return deliver(deliveryId, {
    signal,
    isEnded: (id) => isSuperseded(db(), id),
    // What was asked for was counted then; a notice is counted as it goes out.
    waitOfText: async ({ id, recipient, decoy }) =>
      (await isAskedFor(db(), id)) ? null : takeSmsNotice(db(), recipient, !decoy),
    onSent: noteSent,
  });
}
