import { environmentManager, QueryClient } from "@tanstack/react-query";
import { problemOf } from "./problem";

/**
 * Answers are fresh for 30 seconds. A failed query is sent once more, unless it was refused or a page is being
 * rendered. A mutation is never sent twice: it may charge an attempt.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: isTriedAgain },
      // Offline, a mutation fails at once.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function isTriedAgain(failures: number, error: unknown): boolean {
  const { reason } = problemOf(error);
  return !environmentManager.isServer() && failures < 1 && /^(OFFLINE|INTERNAL|UNKNOWN)$/.test(reason);
}
