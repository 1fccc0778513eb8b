import { and, eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { openMessage } from "./envelope";
import type { Message } from "./messages";
import { addDeliverJob } from "./queue";
import { render } from "./render";
import { mailTransport } from "./transports/choose";

/** How long one try may take (standards, DEL-03). */
const sendTimeoutMs = 10_000;

/** What becomes of a delivery after a try. */
type Verdict = {
  state: "sent" | "failed" | "dropped" | "queued";
  /** Safe to store and log: no address, no code. */
  error: string | null;
  /** Null if no provider was asked. */
  provider: string | null;
  providerId: string | null;
  /** With `queued`: when the provider asked to be tried again. The job is then on the queue for that instant. */
  retryAfterSeconds: number | null;
};

/** What `deliver` did. `absent`: there is no such delivery. `settled`: an earlier run settled it, nothing was to do. */
export type Outcome = { state: "absent" } | { state: "settled" } | (Verdict & { template: string; recipient: string });

/**
 * Tries one delivery. Safe to run twice: what is settled stays, and a provider that has accepted the message knows
 * its key. The provider is called outside any transaction. A try that failed for now is counted and leaves the
 * delivery `queued`; unless the provider named an instant, running it again is the queue's part.
 * @param signal ends the try early, as when the process stops.
 */
export async function deliver(deliveryId: string, signal?: AbortSignal): Promise<Outcome> {
  const delivery = await load(deliveryId);
  if (!delivery) return { state: "absent" };
  if (delivery.state !== "queued") return { state: "settled" };
  const verdict = await attempt(delivery, signal);
  if (!(await keep(deliveryId, verdict))) return { state: "settled" };
  if (verdict.retryAfterSeconds !== null)
    await db().execute(sql`select ${addDeliverJob(deliveryId, verdict.retryAfterSeconds)}`);
  return { ...verdict, template: delivery.template, recipient: delivery.recipient };
}

type Delivery = NonNullable<Awaited<ReturnType<typeof load>>>;

async function load(deliveryId: string) {
  const [delivery] = await db()
    .select({
      id: deliveries.id,
      template: deliveries.template,
      recipient: deliveries.recipient,
      sealed: deliveries.sealed,
      decoy: deliveries.decoy,
      state: deliveries.state,
      expired: sql<boolean>`${deliveries.expiresAt} <= now()`,
    })
    .from(deliveries)
    .where(eq(deliveries.id, deliveryId));
  return delivery;
}

async function attempt(delivery: Delivery, signal: AbortSignal | undefined): Promise<Verdict> {
  const untried = { provider: null, providerId: null, retryAfterSeconds: null };
  if (delivery.decoy) return { ...untried, state: "dropped", error: null };
  if (delivery.expired) return { ...untried, state: "dropped", error: "expired" };
  const message = read(delivery);
  if (!message) return { ...untried, state: "failed", error: "the sealed message does not open" };

  const transport = mailTransport();
  const to = delivery.recipient;
  const timeout = AbortSignal.timeout(sendTimeoutMs);
  const result = await transport.send(
    { to, ...(await render(message, { to })) },
    { idempotencyKey: delivery.id, signal: signal ? AbortSignal.any([timeout, signal]) : timeout },
  );
  const tried = { ...untried, provider: transport.name };
  if (result.ok) return { ...tried, state: "sent", error: null, providerId: result.providerId };
  if (result.permanent) return { ...tried, state: "failed", error: result.error };
  return { ...tried, state: "queued", error: result.error, retryAfterSeconds: result.retryAfterSeconds ?? null };
}

/** The message, or null where trying again cannot help: forged, moved, its key gone, or of another release. */
function read({ id, sealed }: Delivery): Message | null {
  try {
    return sealed === null ? null : openMessage(sealed, id);
  } catch {
    return null;
  }
}

/** Writes the verdict if the delivery is still queued, and says whether it was: a settled one never changes again. */
async function keep(deliveryId: string, { state, error, provider, providerId }: Verdict): Promise<boolean> {
  const changed = await db()
    .update(deliveries)
    .set({
      state,
      error,
      ...(state === "queued" ? {} : { sealed: null }),
      ...(state === "sent" ? { sentAt: sql`now()` } : {}),
      ...(provider === null ? {} : { provider, providerId, attempts: sql`${deliveries.attempts} + 1` }),
    })
    .where(and(eq(deliveries.id, deliveryId), eq(deliveries.state, "queued")))
    .returning({ id: deliveries.id });
  return changed.length > 0;
}
