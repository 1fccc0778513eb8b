import type { AccountType } from "@/db/owner";
import { env } from "@/env";

/** The URL of one of the app's pages for a message. `BASE_URL` is the only source of links. */
export function page(path: string, query: Record<string, string> = {}): string {
  const url = new URL(path, env().baseUrl.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** The query for an account type. Pages take an account without a type for a live one. */
export const typeOf = (type?: AccountType): Record<string, string> => (type === "demo" ? { type } : {});

/** The device link: the page that makes a browser known to an account. */
export const deviceLink = (token: string, type?: AccountType): string => page("/device", { token, ...typeOf(type) });
