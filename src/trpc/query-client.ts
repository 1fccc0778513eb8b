import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";

/** Answers are fresh for 30 seconds; what a page began to fetch on the server goes on in the browser. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 30_000, retry: 1 },
      mutations: { retry: false },
      dehydrate: {
        shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query) || query.state.status === "pending",
      },
    },
  });
}
