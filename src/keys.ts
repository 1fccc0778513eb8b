import { createHash, createHmac, hkdfSync } from "node:crypto";
import { env } from "@/env";

/** A key for one use can neither open nor forge what another protects. */
type KeyUse =
  | "code digest"
  | "sealed payload"
  | "forgotten address"
  | "lockout"
  | "audit seal"
  | "browser cookie"
  | "profile replay";

/** The public id names the key of a digest or seal, also after a rotation. */
export type Key = { id: string; bytes: Buffer };

const derived = new Map<string, Key[]>();

/**
 * One key from each secret in `APP_SECRET`. The first signs and seals; all verify and open. HKDF-SHA-256, 32 bytes; the
 * id is the first 8 hexadecimal digits of the key's SHA-256.
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
  if (!first) throw new Error("APP_SECRET holds no secret"); // env() never returns none
  return [first, ...rest];
}

/** A forgotten address, for JavaScript and PostgreSQL. The pattern is exact: an address may begin with "~". */
export const FORGOTTEN = "^~[0-9a-f]{32}$";

export const isForgotten = (kept: string): boolean => new RegExp(FORGOTTEN).test(kept);

/** What replaces a forgotten address. Rows of one address still count as one, and nobody without the key learns it. */
export const forget = (address: string): string => forgottenBy(keysFor("forgotten address")[0], address);

/** What an address may have been replaced with, under each secret. */
export const forgottenAs = (address: string): string[] =>
  keysFor("forgotten address").map((key) => forgottenBy(key, address));

const forgottenBy = (key: Key, address: string) =>
  `~${createHmac("sha256", key.bytes).update(address).digest("hex").slice(0, 32)}`;
