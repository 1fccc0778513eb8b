import { environmentManager, QueryClient } from "@tanstack/react-query";
import { problemOf } from "./problem";

/**
 * Answers are fresh for 30 seconds. What failed is asked for once more, a second later; not while a page renders, which
 * would wait for it, nor what was refused. A mutation is never sent twice: it may charge an attempt.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: isTriedAgain },
      // Offline, a mutation fails at once and says so, rather than waiting unseen for the network.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function isTriedAgain(failures: number, error: unknown): boolean {
  const { reason } = problemOf(error);
  return !environmentManager.isServer() && failures < 1 && /^(OFFLINE|INTERNAL|UNKNOWN)$/.test(reason);
}
