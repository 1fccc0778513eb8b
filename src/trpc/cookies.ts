import { createHmac, timingSafeEqual } from "node:crypto";
import { DEVICE_SECONDS, hashDevice } from "@/accounts/devices";
import { SESSION_ABSOLUTE_SECONDS } from "@/accounts/sessions";
import { env } from "@/env";
import type { KnownHere } from "@/flows/caller";
import { type Key, keysFor } from "@/keys";
import { hashBrowser } from "@/otp/browsers";
import { newSecret } from "@/secrets";

type CookieName = "session" | "browser" | "device";

/** A year from when the browser's id was made. */
const BROWSER_SECONDS = 365 * 24 * 3600;

/** The most accounts that know a browser as a device. One more removes the one that signed in longest ago. */
const DEVICES = 5;

/** Made of secrets and MACs: 32 bytes in base64url. */
const shapes: Record<CookieName, RegExp> = {
  session: /^[\w-]{43}$/,
  browser: /^[\w-]{43}\.[\w-]{43}$/,
  device: /^[\w-]{43}(\.[\w-]{43}){0,4}$/,
};

/** Browsers refuse the prefix `__Host-` over http, on localhost too. */
function nameOf(cookie: CookieName): string {
  return `${env().secureCookies ? "__Host-" : ""}latchkey_${cookie}`;
}

function set(to: Headers, cookie: CookieName, value: string, maxAgeSeconds: number): void {
  const secure = env().secureCookies ? "; Secure" : "";
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
  to.append("set-cookie", `${nameOf(cookie)}=${value}; ${attributes}`);
}

/**
 * The only reader of cookies. Only spaces and tabs are removed around one (RFC 6265): removing all white space read a
 * cookie named U+00A0 and our name as ours, which any sibling host can set.
 * If a cookie of ours comes twice, neither is read: one was planted.
 */
function read(headers: Headers, cookie: CookieName): string | null {
  const name = `${nameOf(cookie)}=`;
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ""));
  const [value, ...more] = pairs.filter((pair) => pair.startsWith(name)).map((pair) => pair.slice(name.length));
  return value !== undefined && more.length === 0 && shapes[cookie].test(value) ? value : null;
}

export const readSessionCookie = (headers: Headers) => read(headers, "session");

export const setSessionCookie = (to: Headers, secret: string): void =>
  set(to, "session", secret, SESSION_ABSOLUTE_SECONDS);

export const clearSessionCookie = (to: Headers): void => set(to, "session", "", 0);

const macOf = (key: Key, id: string) => createHmac("sha256", key.bytes).update(id).digest("base64url");

/** An id that this app did not make counts as absent. */
function readBrowserId(headers: Headers): string | null {
  const [id = "", mac = ""] = read(headers, "browser")?.split(".") ?? [];
  const isOurs = keysFor("browser cookie").some((key) => {
    const ours = Buffer.from(macOf(key, id));
    return mac.length === ours.length && timingSafeEqual(ours, Buffer.from(mac));
  });
  return isOurs ? id : null;
}

/** The browser's id, hashed as in the ledger. */
export function readBrowser(headers: Headers): string | null {
  const id = readBrowserId(headers);
  return id && hashBrowser(id);
}

/** `<id>.<HMAC-SHA-256>`: the MAC shows that this app made the id. */
export const setBrowserCookie = (to: Headers, id: string): void =>
  set(to, "browser", `${id}.${macOf(keysFor("browser cookie")[0], id)}`, BROWSER_SECONDS);

export const clearBrowserCookie = (to: Headers): void => set(to, "browser", "", 0);

/**
 * The browser's hashed id, made if absent (law 6). An existing one is not set again: a late answer would undo its
 * renewal by a sign-in in another tab.
 */
export function bindBrowser(from: Headers, to: Headers): string {
  const kept = readBrowser(from);
  if (kept !== null) return kept;
  const id = newSecret();
  setBrowserCookie(to, id);
  return hashBrowser(id);
}

const readSecrets = (headers: Headers): string[] => read(headers, "device")?.split(".") ?? [];

/** The browser's device secrets, hashed, one for each account, newest first. */
export const readDevices = (headers: Headers): string[] => readSecrets(headers).map(hashDevice);

/** Renews the device cookie, with the account that has just signed in first. */
export function keepDevice(from: Headers, to: Headers, { deviceSecret, deviceHash }: KnownHere): void {
  const kept = readSecrets(from);
  const first = deviceSecret ?? kept.find((secret) => hashDevice(secret) === deviceHash);
  const secrets = [...new Set([...(first ? [first] : []), ...kept])].slice(0, DEVICES);
  if (secrets.length > 0) set(to, "device", secrets.join("."), DEVICE_SECONDS);
}
