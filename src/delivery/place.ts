import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { log } from "@/log";
import { makeBreaker } from "./breaker";
import { sendTimeoutMs } from "./send";
import type { SendFault, SendOptions, SendResult } from "./transports/transport";

/** The number of last sends remembered for each provider. It is small, so that old sends are soon forgotten. */
const LATELY = 20;

/**
 * The guessed time of a send to a provider that this process has not asked yet, in milliseconds. The first real send
 * replaces it. The inbox is one insert into the app's database. An API takes one request over TLS; SMTP takes about
 * eight round trips.
 */
const GUESSED_MS: Record<string, number> = { inbox: 5, smtp: 600 };
const GUESSED_API_MS = 300;

/** A real send: its time, and its fault if it has to be tried again. */
type Lately = { ms: number; fault: SendFault | null };

type Waiting<Stop> = {
  /** A decoy takes the place too, but no provider is asked. */
  decoy: boolean;
  provider: string;
  send: (options: SendOptions) => Promise<SendResult>;
  /** Called when the provider may be asked; it counts the try. With `stop`, no provider is asked. */
  begin: () => Promise<{ options: Omit<SendOptions, "signal">; msLeft: number } | { stop: Stop }>;
  signal: AbortSignal | undefined;
};

/** The result: a wait at the breaker, the `stop` of `begin`, or the provider's answer. */
export type Taken<Stop> = { waitSeconds: number } | { stop: Stop } | { result: SendResult };

/**
 * Makes the function that takes a message's place among the others and sends it.
 *
 * A decoy uses the same shared resources as a real message (law 1). It waits at the breaker. Then, instead of asking
 * the provider, it waits for as long as one of the last real sends took. If that send had to be tried again, the decoy
 * has to as well. Without this, the next message in the queue, which may be the asker's own, would arrive sooner if the
 * address before it has no account. Measured: after 0.1 to 0.5 s instead of 1.5 to 2.1 s.
 *
 * Decoys learn nothing about the provider. So they do not change the breaker or the list of last sends, and never make
 * the one try that a half-open breaker allows.
 *
 * Other things that messages may share later (a batch, a provider's pace) belong here.
 */
export function makePlaces(breaker = makeBreaker()) {
  const known = new Map<string, Lately[]>();

  /** The send that a decoy repeats: one of the last real ones, or the guess. */
  function sample(provider: string): Lately {
    const lately = known.get(provider) ?? [];
    const guess = { ms: GUESSED_MS[provider] ?? GUESSED_API_MS, fault: null };
    return lately.length === 0 ? guess : (lately[randomInt(lately.length)] ?? guess);
  }

  function learn(provider: string, ms: number, result: SendResult): void {
    if (result.ok || result.permanent || result.answered) {
      // The outage is over, so its failures are forgotten. Otherwise decoys alone would repeat them.
      if (breaker.succeeded(provider))
        known.set(
          provider,
          (known.get(provider) ?? []).filter(({ fault }) => fault === null),
        );
    } else if (breaker.failed(provider)) log().error({ event: "delivery.breaker", provider, state: "open" });
    // A fault of one mailbox (a greylist) is not repeated: an asker could cause it with their own mailboxes. If a
    // provider asks for a wait, that is for all messages.
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
    // The try ends when the message expires, because an expired code must not arrive.
    const timeout = AbortSignal.timeout(Math.max(0, Math.min(sendTimeoutMs, begun.msLeft)));
    const ending = signal ? AbortSignal.any([timeout, signal]) : timeout;
    if (decoy) return { result: await repeat(sample(provider), ending) };
    const started = performance.now();
    const result = await message.send({ ...begun.options, signal: ending });
    // A send that the app's stop cut short shows nothing about the provider.
    if (result.ok || !signal?.aborted) learn(provider, performance.now() - started, result);
    return { result };
  };
}

/** Waits as long as an earlier send took, or until the signal, and ends with its result. */
async function repeat({ ms, fault }: Lately, signal: AbortSignal): Promise<SendResult> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    return { ok: false, permanent: false, error: "cut short" };
  }
  return fault ?? { ok: true, providerId: null };
}
