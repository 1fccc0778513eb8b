/** So many failures of a provider one after the other open its breaker. */
const FAILURES = 5;
/** For so long nothing is sent to it then; after that one message tries. Milliseconds. */
const OPEN_MS = 30_000;

type State = { failures: number; openUntil: number };

/**
 * Keeps a worker from waiting ten seconds for each message while a provider is down (standards, DEL-03): after five
 * failures in a row it is left alone for half a minute, then one message tries, and its fate decides. By the process's
 * own steady clock, one state a provider and process; what is not sent meanwhile stays queued.
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
     * Whether the provider may be asked now: null, or in how many seconds to look again.
     * @param mayTry whether this message may be the one that tries. A decoy may not: nobody learns anything from it.
     */
    waitFor(provider: string, mayTry = true): number | null {
      const state = stateOf(provider);
      const left = state.openUntil - now();
      if (left > 0) return Math.ceil(left / 1000);
      if (state.failures < FAILURES) return null;
      if (!mayTry) return OPEN_MS / 1000;
      // This one tries; until it is back, the others wait on.
      state.openUntil = now() + OPEN_MS;
      return null;
    },
    /** The provider took a message, or refused that one: it is there. @returns whether the breaker closes by this */
    succeeded(provider: string): boolean {
      const wasOpen = stateOf(provider).failures >= FAILURES;
      states.delete(provider);
      return wasOpen;
    },
    /** It did not answer, or could not. Says whether the breaker has opened by this. */
    failed(provider: string): boolean {
      const state = stateOf(provider);
      state.failures += 1;
      if (state.failures < FAILURES) return false;
      state.openUntil = now() + OPEN_MS;
      return state.failures === FAILURES;
    },
  };
}
