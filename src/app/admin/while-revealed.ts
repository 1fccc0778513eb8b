/**
 * Addresses in clear are looked up once, when they are asked for: each look is an entry in the audit log. A mask that
 * is put back is put back at once.
 */
export const whileRevealed = (reveal: boolean) =>
  reveal ? ({ refetchInterval: false, staleTime: Number.POSITIVE_INFINITY, gcTime: 0 } as const) : {};
