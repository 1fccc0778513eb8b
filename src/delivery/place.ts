import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { log } from "@/log";
import { makeBreaker } from "./breaker";
import { sendTimeoutMs } from "./send";
import type { SendFault, SendOptions, SendResult } from "./transports/transport";

/** How many of a provider's last sends are remembered. Few, so that a busy provider's sends of an hour ago are gone. */
const LATELY = 20;

/**
 * How long a send takes with a provider that this process has not asked yet. The inbox is one insert into our own
 * database. The others are somebody's server: one request over TLS to an API, and a conversation of about eight round
 * trips by SMTP. The first real send replaces the guess. Milliseconds.
 */
const GUESSED_MS: Record<string, number> = { inbox: 5, smtp: 600 };
const GUESSED_API_MS = 300;

/** A send that was real: how long it took, and why it has to be tried again, if it has. */
type Lately = { ms: number; fault: SendFault | null };

/** A message that wants its place. */
type Waiting<Stop> = {
  /** Nobody is asked to send it; it takes the place all the same. */
  decoy: boolean;
  provider: string;
  send: (options: SendOptions) => Promise<SendResult>;
  /** Called once the provider may be asked; it counts the try. If it answers `stop`, nobody is asked after all. */
  begin: () => Promise<{ options: Omit<SendOptions, "signal">; msLeft: number } | { stop: Stop }>;
  /** Ends the try, as when the process stops. */
  signal: AbortSignal | undefined;
};

/** What came of it: the provider may not be asked for so many seconds, or `begin` said to stop, or the provider answered. */
export type Taken<Stop> = { waitSeconds: number } | { stop: Stop } | { result: SendResult };

/**
 * Makes the one function that takes a message's place among the others and sends it.
 *
 * A decoy takes whatever a real message takes of what others share (law 1). It waits at the breaker. Then, instead of
 * asking the provider, it waits for as long as one of the last real sends took. If that send had to be tried again, so
 * has the decoy. Without this the next message in the queue, which may be the asker's own, comes sooner where the address
 * before it has no account: measured, after 0.1 to 0.5 s instead of 1.5 to 2.1 s.
 *
 * Decoys learn nothing of the provider. So they change neither the breaker nor what is known of the last sends, and they
 * never make the one try that a half-open breaker allows.
 *
 * Whatever else messages will share (a batch, a provider's pace) belongs in here.
 */
export function makePlaces(breaker = makeBreaker()) {
  const known = new Map<string, Lately[]>();

  /** What a decoy is to repeat: one of the last real sends, or the guess where there was none. */
  function sample(provider: string): Lately {
    const lately = known.get(provider) ?? [];
    const guess = { ms: GUESSED_MS[provider] ?? GUESSED_API_MS, fault: null };
    return lately.length === 0 ? guess : (lately[randomInt(lately.length)] ?? guess);
  }

  function learn(provider: string, ms: number, result: SendResult): void {
    if (result.ok || result.permanent || result.answered) {
      // The outage is over, so its failures are forgotten: from now on only decoys would repeat them.
      if (breaker.succeeded(provider))
        known.set(
          provider,
          (known.get(provider) ?? []).filter(({ fault }) => fault === null),
        );
    } else if (breaker.failed(provider)) log().error({ event: "delivery.breaker", provider, state: "open" });
    // A fault of one mailbox (a greylist) is not repeated: somebody could cause it with mailboxes of their own. A
    // provider that asks us to wait asks it for all messages.
    const isOfAll = !result.ok && !result.permanent && (!result.answered || result.retryAfterSeconds !== undefined);
    const lately = [...(known.get(provider) ?? []), { ms, fault: isOfAll ? result : null }];
    known.set(provider, lately.slice(-LATELY));
  }

  return async function takePlace<Stop>(message: Waiting<Stop>): Promise<Taken<Stop>> {
    const { decoy, provider, signal } = message;
    const waitSeconds = breaker.waitFor(provider, !decoy);
    if (waitSeconds !== null) return { waitSeconds };
    const begun = await message.begin();
    if ("stop" in begun) return begun;
    // The try ends when the message expires: a code that works no longer must not arrive.
    const timeout = AbortSignal.timeout(Math.max(0, Math.min(sendTimeoutMs, begun.msLeft)));
    const ending = signal ? AbortSignal.any([timeout, signal]) : timeout;
    if (decoy) return { result: await repeat(sample(provider), ending) };
    const started = performance.now();
    const result = await message.send({ ...begun.options, signal: ending });
    // A send that our own stop cut short says nothing of the provider.
    if (result.ok || !signal?.aborted) learn(provider, performance.now() - started, result);
    return { result };
  };
}

/** Takes as long as an earlier send, unless it is cut short, and ends as that one did. */
async function repeat({ ms, fault }: Lately, signal: AbortSignal): Promise<SendResult> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    return { ok: false, permanent: false, error: "cut short" };
  }
  return fault ?? { ok: true, providerId: null };
}
