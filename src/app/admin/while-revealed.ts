/**
 * Query options for addresses in clear. They are queried once, on request, because each query is an entry in the audit
 * log. They are not cached, so that masking takes effect at once.
 */
export const whileRevealed = (reveal: boolean) =>
  reveal ? ({ refetchInterval: false, staleTime: Number.POSITIVE_INFINITY, gcTime: 0 } as const) : {};
