// Next bundles modules more than once (pages, the API, the front door); what one of them saw, all know.
const seen = globalThis as typeof globalThis & { latchkeyForwardedSeen?: boolean };

/** Notes that a forwarded header came in although no proxy is declared. @returns whether that is news */
export function noteForwarded(): boolean {
  const isNews = !seen.latchkeyForwardedSeen;
  seen.latchkeyForwardedSeen = true;
  return isNews;
}

/** Whether a forwarded header has come in although no proxy is declared: behind one, everyone counts as one address. */
export const wasForwarded = (): boolean => seen.latchkeyForwardedSeen === true;
