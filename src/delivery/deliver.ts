import { and, eq, sql } from "drizzle-orm";
import { db, type Tx } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { forget } from "@/keys";
import { log } from "@/log";
import { openMessage } from "./envelope";
import { LAST_MESSAGE, type OpenedMessage } from "./messages";
import { makePlaces } from "./place";
import { addDeliverJobAgain, backOffSeconds } from "./queue";
import { type Prepared, prepare } from "./send";

type Fate = {
  state: "sent" | "failed" | "dropped" | "queued";
  /** Is stored and logged, so it holds no address and no code. */
  error: string | null;
  /** Null if no provider was asked. */
  provider: string | null;
  providerId: string | null;
  /** Only with `queued`: the wait that the provider asked for. The job is then on the queue for that time. */
  retryAfterSeconds: number | null;
};

/** The result of a try. `absent`: there is no such delivery. `settled`: an earlier run settled it. */
export type Tried = { state: "absent" } | { state: "settled" } | (Fate & { template: string; recipient: string });

/**
 * Tries one delivery. It is safe to run twice: a settled delivery stays settled, and a provider that has accepted the
 * message knows its key. The provider is called outside any transaction, after the try was counted. A temporary failure
 * leaves the delivery `queued`. The queue runs it again, unless the provider named a time. A decoy takes the same steps
 * and the same time (law 1, `place.ts`), and ends as `dropped`.
 * @param options.signal ends the try early.
 * @param options.isEnded whether the message's code or link has ended. It is the last check before the send.
 * @param options.waitOfText counts a text message, or its decoy, before the first try. Returns a wait and its reason,
 * if any.
 * @param options.onSent adds writes to the transaction that records the send. For a decoy it is called with `isSent`
 * false, and must do the same work.
 */
export async function deliver(
  deliveryId: string,
  {
    signal,
    isEnded = async () => false,
    waitOfText = async () => null,
    onSent = async () => {},
  }: {
    signal?: AbortSignal | undefined;
    isEnded?: (deliveryId: string) => Promise<boolean>;
    waitOfText?: TextWait;
    onSent?: OnSent;
  } = {},
): Promise<Tried> {
  const delivery = await load(deliveryId);
  if (!delivery) return { state: "absent" };
  if (delivery.state !== "queued") return { state: "settled" };
  const earned = await attempt(delivery, { isEnded, waitOfText }, signal);
  if (!earned) return { state: "settled" };
  const fate = delivery.decoy ? ofDecoy(earned) : earned;
  const onEnd = earned.state === "sent" ? onSent : null;
  if (!(await db().transaction((tx) => keep(tx, delivery, fate, onEnd)))) return { state: "settled" };
  const { retryAfterSeconds } = fate;
  if (retryAfterSeconds !== null) await db().transaction((tx) => addDeliverJobAgain(tx, deliveryId, retryAfterSeconds));
  return { ...fate, template: delivery.template, recipient: delivery.recipient };
}

type OnSent = (tx: Tx, deliveryId: string, isSent: boolean) => Promise<void>;

/** Why a text message has to wait. Safe to store. */
type Wait = { rule: string; retryAfterSeconds: number };

type TextWait = (text: { id: string; recipient: string; decoy: boolean }) => Promise<Wait | null>;

type Delivery = NonNullable<Awaited<ReturnType<typeof load>>>;

async function load(deliveryId: string) {
  const [delivery] = await db()
    .select({
      id: deliveries.id,
      channel: deliveries.channel,
      template: deliveries.template,
      recipient: deliveries.recipient,
      sealed: deliveries.sealed,
      decoy: deliveries.decoy,
      state: deliveries.state,
      attempts: deliveries.attempts,
      createdAt: deliveries.createdAt,
      expiresInSeconds: sql<number>`ceil(extract(epoch from ${deliveries.expiresAt} - now()))::int`,
    })
    .from(deliveries)
    .where(eq(deliveries.id, deliveryId));
  return delivery;
}

const takePlace = makePlaces();

const untried = { provider: null, providerId: null, retryAfterSeconds: null };
const dropped = (error: string | null): Fate => ({ ...untried, state: "dropped", error });
const failed = (error: string): Fate => ({ ...untried, state: "failed", error });
const waiting = (error: string, retryAfterSeconds: number): Fate => ({
  ...untried,
  state: "queued",
  error,
  retryAfterSeconds,
});

/**
 * The fate of a decoy: it waits as a real message does, and is then dropped. No provider was asked, so it has no error.
 */
const ofDecoy = ({ state, retryAfterSeconds }: Fate): Fate =>
  state === "queued" ? { ...untried, state, error: null, retryAfterSeconds } : dropped(null);

/** Returns the fate of the delivery, or null if another run settled it. */
async function attempt(
  delivery: Delivery,
  {
    isEnded,
    waitOfText,
  }: {
    isEnded: (deliveryId: string) => Promise<boolean>;
    waitOfText: TextWait;
  },
  signal: AbortSignal | undefined,
): Promise<Fate | null> {
  const { id, channel, recipient, createdAt, expiresInSeconds, decoy } = delivery;
  if (expiresInSeconds <= 0) return dropped("expired");
  const message = read(delivery);
  if (!message) return failed("the sealed message does not open");
  const prepared = await tryPrepare(channel, recipient, message);
  if (typeof prepared === "string") return failed(prepared);

  if (await isEnded(id)) return dropped("superseded");

  const { provider, send } = prepared;
  let tries = delivery.attempts;
  const taken = await takePlace<Fate | null>({
    decoy,
    provider,
    send,
    signal,
    async begin() {
      // After the breaker, because a message may wait there many times. Only at the first try: a message counts once.
      const wait = channel === "sms" && delivery.attempts === 0 ? await waitOfText(delivery) : null;
      if (wait) return { stop: waiting(wait.rule, wait.retryAfterSeconds) };
      const counted = await countTry(id);
      if (!counted) return { stop: null };
      tries = counted.tries;
      const triedSince = tries > 1 ? createdAt : null;
      return { options: { idempotencyKey: id, expiresInSeconds, triedSince }, msLeft: counted.msLeft };
    },
  });
  if ("waitSeconds" in taken) return waiting("the provider is down", taken.waitSeconds);
  if ("stop" in taken) return taken.stop;
  const { result } = taken;
  const tried = { ...untried, provider };
  if (result.ok) return { ...tried, state: "sent", error: null, providerId: result.providerId };
  if (result.permanent) return { ...tried, state: "failed", error: result.error };
  const asked = result.retryAfterSeconds;
  // Such a wait makes a new job, whose back-off starts again. Without the maximum, a provider in trouble could be asked
  // each second.
  const retryAfterSeconds = asked === undefined ? null : Math.max(asked, backOffSeconds(tries));
  return { ...tried, state: "queued", error: result.error, retryAfterSeconds };
}

/**
 * Counts a try before it is made, so that the next one knows of it even if this worker dies. A provider without
 * idempotency keys must then be asked whether it sent the message.
 * @returns the number of tries with this one, and the remaining life of the delivery; nothing if it is settled.
 */
async function countTry(deliveryId: string) {
  const [counted] = await db()
    .update(deliveries)
    .set({ attempts: sql`${deliveries.attempts} + 1` })
    .where(and(eq(deliveries.id, deliveryId), eq(deliveries.state, "queued")))
    .returning({
      tries: deliveries.attempts,
      msLeft: sql<number>`floor(1000 * extract(epoch from ${deliveries.expiresAt} - clock_timestamp()))::float8`,
    });
  return counted;
}

/** Opens the message. Null where a retry cannot help: forged, moved, of a removed key or of another release. */
function read(delivery: Delivery): OpenedMessage | null {
  try {
    return delivery.sealed === null ? null : openMessage(delivery.sealed, delivery);
  } catch {
    return null;
  }
}

/**
 * Returns the rendered message, or why it cannot be sent. A retry would not help: rendering depends on the message
 * only.
 */
async function tryPrepare(channel: string, recipient: string, message: OpenedMessage): Promise<Prepared | string> {
  try {
    return (await prepare(channel, recipient, message)) ?? "there is no way to send it";
  } catch (fault) {
    log().error({ event: "delivery.fault", template: message.template, err: fault });
    return "the message does not render";
  }
}

/** Stores the fate if the delivery is still queued, and returns whether it was. A settled delivery never changes. */
async function keep(
  tx: Tx,
  delivery: Delivery,
  { state, error, provider, providerId }: Fate,
  onSent: OnSent | null,
): Promise<boolean> {
  // The last message to a deleted account: nothing personal of it is kept.
  const isLast = state !== "queued" && delivery.template === LAST_MESSAGE;
  const changed = await tx
    .update(deliveries)
    .set({
      state,
      error,
      ...(state === "queued" ? {} : { sealed: null }),
      // A decoy's tries were counted for the back-off only; no provider was asked.
      ...(delivery.decoy && state !== "queued" ? { attempts: 0 } : {}),
      ...(isLast ? { recipient: forget(delivery.recipient) } : {}),
      ...(state === "sent" ? { sentAt: sql`now()` } : {}),
      ...(provider === null ? {} : { provider, providerId }),
    })
    .where(and(eq(deliveries.id, delivery.id), eq(deliveries.state, "queued")))
    .returning({ id: deliveries.id });
  if (changed.length > 0) await onSent?.(tx, delivery.id, state === "sent");
  return changed.length > 0;
}
