import { createHash, createHmac, hkdfSync } from "node:crypto";
import { env } from "@/env";

/** What a derived key is for. A key for one use can neither open nor forge what another protects. */
type KeyUse =
  | "code digest"
  | "sealed payload"
  | "forgotten address"
  | "lockout"
  | "audit seal"
  | "browser cookie"
  | "profile replay";

/** A derived key and the short public name by which what it made is found again after a rotation. */
export type Key = { id: string; bytes: Buffer };

const derived = new Map<string, Key[]>();

/**
 * The keys for one use, one from each secret in `APP_SECRET`: the first signs and seals, all verify and open.
 * HKDF-SHA-256, 32 bytes each; the id is 8 hexadecimal digits of the key's own SHA-256.
 */
export function keysFor(use: KeyUse): [Key, ...Key[]] {
  const secrets = env().appSecrets;
  const name = `${use}\0${secrets.join("\0")}`;
  let keys = derived.get(name);
  if (!keys) {
    keys = secrets.map((secret) => {
      const bytes = Buffer.from(hkdfSync("sha256", secret, "latchkey", use, 32));
      return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 8), bytes };
    });
    derived.set(name, keys);
  }
  const [first, ...rest] = keys;
  if (!first) throw new Error("APP_SECRET holds no secret"); // env() refuses to start so
  return [first, ...rest];
}

/** What is kept of a forgotten address, as JavaScript and PostgreSQL read it: an address may begin with "~", too. */
export const FORGOTTEN = "^~[0-9a-f]{32}$";

export const isForgotten = (kept: string): boolean => new RegExp(FORGOTTEN).test(kept);

/**
 * What is kept of an address that is to be forgotten: a keyed digest, so that rows of one address still count as
 * one, and nobody without the key can find out which.
 */
export const forget = (address: string): string => forgottenBy(keysFor("forgotten address")[0], address);

/** All that an address may have been kept as, before and after the secrets were rotated. */
export const forgottenAs = (address: string): string[] =>
  keysFor("forgotten address").map((key) => forgottenBy(key, address));

const forgottenBy = (key: Key, address: string) =>
  `~${createHmac("sha256", key.bytes).update(address).digest("hex").slice(0, 32)}`;
