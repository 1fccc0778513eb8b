import { z } from "zod";
import type { Tried } from "@/delivery/deliver";
import { deliverTask } from "@/delivery/queue";
import { deliverOne } from "@/flows/deliver";
import { log } from "@/log";
import { maskAddress } from "@/mask";
import { RunAgain, task } from "./task";

const payloadSchema = z.object({ deliveryId: z.uuid() });

/**
 * Delivers one message. A job that can never succeed (an invalid payload, no such delivery) is logged and ends, because
 * retries would go on for days.
 */
export const deliverJob = task(deliverTask, async (payload, helpers) => {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) {
    log().error({ event: "delivery.poison", job: helpers.job.id, reason: "payload" });
    return;
  }
  const { deliveryId } = parsed.data;
  const tried = await deliverOne(deliveryId, helpers.abortSignal);
  tell(deliveryId, tried);
  if (tried.state === "queued" && tried.retryAfterSeconds === null) throw new RunAgain(tried.error ?? "");
});

function tell(deliveryId: string, tried: Tried): void {
  if (tried.state === "absent") {
    log().error({ event: "delivery.poison", deliveryId, reason: "absent" });
    return;
  }
  if (tried.state === "settled") {
    log().info({ event: "delivery", deliveryId, state: tried.state });
    return;
  }
  const { state, template, recipient, provider, error, retryAfterSeconds } = tried;
  const level = state === "failed" ? "error" : state === "queued" ? "warn" : "info";
  log()[level]({
    event: "delivery",
    deliveryId,
    state,
    template,
    to: maskAddress(recipient),
    ...(provider === null ? {} : { provider }),
    ...(error === null ? {} : { error }),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}
