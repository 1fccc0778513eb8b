/**
 * What forwarded headers have told of the proxies in front: `undeclared`, one came in although no proxy is declared;
 * `fewer`, one held fewer addresses than the proxies that are declared.
 */
export type ProxyDoubt = "undeclared" | "fewer";

// Next bundles modules more than once (pages, the API, the front door); what one of them saw, all know.
const seen = globalThis as typeof globalThis & { latchkeyProxyDoubts?: Set<ProxyDoubt> };

/** Notes a doubt. @returns whether it is news */
export function noteDoubt(doubt: ProxyDoubt): boolean {
  seen.latchkeyProxyDoubts ??= new Set();
  const isNews = !seen.latchkeyProxyDoubts.has(doubt);
  seen.latchkeyProxyDoubts.add(doubt);
  return isNews;
}

/** Whether there is this doubt. */
export const isDoubted = (doubt: ProxyDoubt): boolean => seen.latchkeyProxyDoubts?.has(doubt) ?? false;
