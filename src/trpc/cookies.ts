import { createHmac, timingSafeEqual } from "node:crypto";
import { DEVICE_SECONDS, hashDevice } from "@/accounts/devices";
import { SESSION_ABSOLUTE_SECONDS } from "@/accounts/sessions";
import { env } from "@/env";
import type { KnownHere } from "@/flows/caller";
import { type Key, keysFor } from "@/keys";
import { hashBrowser } from "@/otp/browsers";
import { newSecret } from "@/secrets";

type CookieName = "session" | "browser" | "device";

/** How long a browser keeps its binding cookie: a year from when its id was made. Seconds. */
const BROWSER_SECONDS = 365 * 24 * 3600;

/** So many accounts a browser may be a known device of; the one that signed in longest ago is pushed out. */
const DEVICES = 5;

/** What each cookie may hold, in secrets and MACs of 32 bytes, base64url. Anything else was never ours. */
const shapes: Record<CookieName, RegExp> = {
  session: /^[\w-]{43}$/,
  browser: /^[\w-]{43}\.[\w-]{43}$/,
  device: /^[\w-]{43}(\.[\w-]{43}){0,4}$/,
};

/** `__Host-` wherever there is TLS; plain-http localhost gets the same cookie under a name that browsers take there. */
function nameOf(cookie: CookieName): string {
  return `${env().secureCookies ? "__Host-" : ""}latchkey_${cookie}`;
}

function set(to: Headers, cookie: CookieName, value: string, maxAgeSeconds: number): void {
  const secure = env().secureCookies ? "; Secure" : "";
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
  to.append("set-cookie", `${nameOf(cookie)}=${value}; ${attributes}`);
}

/**
 * The one reader of cookies. Only spaces and tabs stand between two of them (RFC 6265): a split that took other spaces
 * away as well read a cookie named U+00A0 and our name as ours, and a browser lets any sibling host set that one, which
 * `__Host-` forbids for ours. One of ours that comes twice is none: nobody could say which is the planted one.
 */
function read(headers: Headers, cookie: CookieName): string | null {
  const name = `${nameOf(cookie)}=`;
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ""));
  const [value, ...more] = pairs.filter((pair) => pair.startsWith(name)).map((pair) => pair.slice(name.length));
  return value !== undefined && more.length === 0 && shapes[cookie].test(value) ? value : null;
}

/** The secret in the session cookie, if it can be one. */
export const readSessionCookie = (headers: Headers) => read(headers, "session");

export const setSessionCookie = (to: Headers, secret: string): void =>
  set(to, "session", secret, SESSION_ABSOLUTE_SECONDS);

export const clearSessionCookie = (to: Headers): void => set(to, "session", "", 0);

const macOf = (key: Key, id: string) => createHmac("sha256", key.bytes).update(id).digest("base64url");

/** The id in the browser cookie, if this app has minted it: what a client made up counts as absent. */
function readBrowserId(headers: Headers): string | null {
  const [id = "", mac = ""] = read(headers, "browser")?.split(".") ?? [];
  const isOurs = keysFor("browser cookie").some((key) => {
    const ours = Buffer.from(macOf(key, id));
    return mac.length === ours.length && timingSafeEqual(ours, Buffer.from(mac));
  });
  return isOurs ? id : null;
}

/** This browser's binding, hashed as the ledger keeps it; null where it has none yet. */
export function readBrowser(headers: Headers): string | null {
  const id = readBrowserId(headers);
  return id && hashBrowser(id);
}

/** Gives a browser its id, with the MAC that says whose it is: `<id>.<HMAC-SHA-256>`. */
export const setBrowserCookie = (to: Headers, id: string): void =>
  set(to, "browser", `${id}.${macOf(keysFor("browser cookie")[0], id)}`, BROWSER_SECONDS);

export const clearBrowserCookie = (to: Headers): void => set(to, "browser", "", 0);

/**
 * This browser's binding, made where there is none (law 6). One that is there is not set again: an answer that comes
 * late would bring back the id that a sign-in in another tab has just renewed.
 */
export function bindBrowser(from: Headers, to: Headers): string {
  const kept = readBrowser(from);
  if (kept !== null) return kept;
  const id = newSecret();
  setBrowserCookie(to, id);
  return hashBrowser(id);
}

const readSecrets = (headers: Headers): string[] => read(headers, "device")?.split(".") ?? [];

/** The devices that this browser is, one for each account, hashed as they are kept; the one used last is first. */
export const readDevices = (headers: Headers): string[] => readSecrets(headers).map(hashDevice);

/** Keeps the device cookie for as long again: the account that has just signed in stands first, by its new secret or its own. */
export function keepDevice(from: Headers, to: Headers, { deviceSecret, deviceHash }: KnownHere): void {
  const kept = readSecrets(from);
  const first = deviceSecret ?? kept.find((secret) => hashDevice(secret) === deviceHash);
  const secrets = [...new Set([...(first ? [first] : []), ...kept])].slice(0, DEVICES);
  if (secrets.length > 0) set(to, "device", secrets.join("."), DEVICE_SECONDS);
}
