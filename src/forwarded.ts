/**
 * `undeclared`: a forwarded header came in, but no proxy is declared. `fewer`: it held fewer addresses than there are
 * declared proxies.
 */
export type ProxyDoubt = "undeclared" | "fewer";

// Global, because Next bundles this module several times.
const seen = globalThis as typeof globalThis & { latchkeyProxyDoubts?: Set<ProxyDoubt> };

/** Notes a doubt. @returns whether it is new */
export function noteDoubt(doubt: ProxyDoubt): boolean {
  seen.latchkeyProxyDoubts ??= new Set();
  const isNews = !seen.latchkeyProxyDoubts.has(doubt);
  seen.latchkeyProxyDoubts.add(doubt);
  return isNews;
}

/** Whether this doubt was noted. */
export const isDoubted = (doubt: ProxyDoubt): boolean => seen.latchkeyProxyDoubts?.has(doubt) ?? false;
