import { environmentManager, QueryClient } from "@tanstack/react-query";
import { problemOf } from "./problem";

/**
 * Answers are fresh for 30 seconds. A failed query is sent once more after a second, unless it was refused, or a page is
 * being rendered and would wait for it. A mutation is never sent twice, because it may charge an attempt.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: isTriedAgain },
      // Offline, a mutation fails at once instead of waiting for the network.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function isTriedAgain(failures: number, error: unknown): boolean {
  const { reason } = problemOf(error);
  return !environmentManager.isServer() && failures < 1 && /^(OFFLINE|INTERNAL|UNKNOWN)$/.test(reason);
}
