import type { AccountType } from "@/db/owner";
import { env } from "@/env";

/** A page of ours, as messages lead to it: `BASE_URL` is the only source of links. */
export function page(path: string, query: Record<string, string> = {}): string {
  const url = new URL(path, env().baseUrl.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** Pages take an account for a live one, unless they are told. */
export const typeOf = (type?: AccountType): Record<string, string> => (type === "demo" ? { type } : {});

/** The page that makes a browser known to an account. */
export const deviceLink = (token: string, type?: AccountType): string => page("/device", { token, ...typeOf(type) });
