import { QueryClient } from "@tanstack/react-query";

/** Answers are fresh for 30 seconds. A mutation is never sent twice: it may charge an attempt. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: 1 },
      // Offline, a mutation fails at once and says so, rather than waiting unseen for the network.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
