import { createHmac, randomInt, timingSafeEqual } from "node:crypto";
import { type Key, keysFor } from "@/keys";

/** What a digest is bound to: moved to another store, purpose or subject it matches nothing. */
export type Binding = { store: string; purpose: string; subject: string };

/** Draws a code of `digits` digits, uniformly (`randomInt` rejects what would bias), leading zeros kept (COD-01, COD-02). */
export function drawCode(digits: number): string {
  return randomInt(0, 10 ** digits)
    .toString()
    .padStart(digits, "0");
}

/** What is stored of a code: `<key id>.<HMAC-SHA-256>`, under the newest key. */
export function digestCode(code: string, binding: Binding): string {
  const [key] = keysFor("code digest");
  return `${key.id}.${mac(key, code, binding)}`;
}

/**
 * Whether `code` is the one behind `digest`, in constant time, under whichever key made it.
 * Without a digest (a decoy, or a row retired meanwhile) the same work is done against nothing.
 */
export function codeMatches(code: string, digest: string | null, binding: Binding): boolean {
  const keys = keysFor("code digest");
  const [keyId, stored = ""] = digest?.split(".") ?? [];
  const key = keys.find(({ id }) => id === keyId);
  const expected = Buffer.from(mac(key ?? keys[0], code, binding));
  const actual = Buffer.from(stored.padEnd(expected.length).slice(0, expected.length));
  return timingSafeEqual(expected, actual) && key !== undefined;
}

function mac(key: Key, code: string, { store, purpose, subject }: Binding): string {
  const hmac = createHmac("sha256", key.bytes);
  for (const part of [store, purpose, subject, code]) {
    // Length-prefixed, so that no two bindings ever spell the same bytes.
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest("base64url");
}
