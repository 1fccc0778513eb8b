/** The failures in a row that open a provider's breaker. */
const FAILURES = 5;
/** How long an open breaker stops all sends. Milliseconds. */
const OPEN_MS = 30_000;

type State = { failures: number; openUntil: number };

/**
 * A circuit breaker (standards, DEL-03): without it, a worker would wait ten seconds for each message while a provider
 * is down. After five failures in a row nothing is sent for 30 seconds; messages stay queued. Then one message tries,
 * and its result closes or reopens the breaker. Each process has one state for each provider, and uses its monotonic
 * clock.
 */
export function makeBreaker(now: () => number = () => performance.now()) {
  const states = new Map<string, State>();
  const stateOf = (provider: string): State => {
    const state = states.get(provider) ?? { failures: 0, openUntil: 0 };
    states.set(provider, state);
    return state;
  };
  return {
    /**
     * Says whether the provider may be asked now.
     * @returns null for yes, else the seconds to wait.
     * @param mayTry whether this message may make the one try. A decoy may not: it learns nothing about the provider.
     */
    waitFor(provider: string, mayTry = true): number | null {
      const state = stateOf(provider);
      const left = state.openUntil - now();
      if (left > 0) return Math.ceil(left / 1000);
      if (state.failures < FAILURES) return null;
      if (!mayTry) return OPEN_MS / 1000;
      // This message tries; until its result is known, the others wait.
      state.openUntil = now() + OPEN_MS;
      return null;
    },
    /** Call it if the provider took a message or refused only that message. @returns whether this closes the breaker */
    succeeded(provider: string): boolean {
      const wasOpen = stateOf(provider).failures >= FAILURES;
      states.delete(provider);
      return wasOpen;
    },
    /** Call it if the provider did not answer or is in trouble. @returns whether this opens the breaker */
    failed(provider: string): boolean {
      const state = stateOf(provider);
      state.failures += 1;
      if (state.failures < FAILURES) return false;
      state.openUntil = now() + OPEN_MS;
      return state.failures === FAILURES;
    },
  };
}
