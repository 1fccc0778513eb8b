import { createHash, randomBytes } from "node:crypto";
import { DEVICE_SECONDS, hashDevice } from "@/accounts/devices";
import { SESSION_ABSOLUTE_SECONDS } from "@/accounts/sessions";
import { env } from "@/env";

type CookieName = "session" | "browser" | "device";

/** How long a browser keeps its binding cookie: a year, renewed at each ask. Seconds. */
const BROWSER_SECONDS = 365 * 24 * 3600;

/** `__Host-` wherever there is TLS; plain-http localhost gets the same cookie under a name that browsers take there. */
function nameOf(cookie: CookieName): string {
  return `${env().secureCookies ? "__Host-" : ""}latchkey_${cookie}`;
}

function serialize(cookie: CookieName, value: string, maxAgeSeconds: number): string {
  const secure = env().secureCookies ? "; Secure" : "";
  return `${nameOf(cookie)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

function read(headers: Headers, cookie: CookieName): string | null {
  const name = `${nameOf(cookie)}=`;
  const pairs = headers.get("cookie")?.split(/;\s*/) ?? [];
  const value = pairs.find((pair) => pair.startsWith(name))?.slice(name.length);
  // Ours are base64url of 32 bytes; anything else was never ours.
  return value && /^[\w-]{43}$/.test(value) ? value : null;
}

/** The secret in the session cookie, if it can be one. */
export const readSessionCookie = (headers: Headers) => read(headers, "session");

export function setSessionCookie(to: Headers, secret: string): void {
  to.append("set-cookie", serialize("session", secret, SESSION_ABSOLUTE_SECONDS));
}

export function clearSessionCookie(to: Headers): void {
  to.append("set-cookie", serialize("session", "", 0));
}

const hashOf = (id: string) => createHash("sha256").update(id).digest("hex");

/** This browser's binding, hashed as the ledger keeps it; null where it has none yet. */
export function readBrowser(headers: Headers): string | null {
  const id = read(headers, "browser");
  return id && hashOf(id);
}

/** This browser's binding, made where there is none, and kept for another year (law 6). */
export function bindBrowser(from: Headers, to: Headers): string {
  const id = read(from, "browser") ?? randomBytes(32).toString("base64url");
  to.append("set-cookie", serialize("browser", id, BROWSER_SECONDS));
  return hashOf(id);
}

/** The device this browser is, hashed as it is kept; null where nobody has signed in from it. */
export function readDevice(headers: Headers): string | null {
  const secret = read(headers, "device");
  return secret && hashDevice(secret);
}

/** Keeps the device cookie for as long again, or sets a new one. */
export function keepDevice(from: Headers, to: Headers, newSecret: string | null): void {
  const secret = newSecret ?? read(from, "device");
  if (secret) to.append("set-cookie", serialize("device", secret, DEVICE_SECONDS));
}
