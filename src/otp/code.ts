import { createHmac, randomInt, timingSafeEqual } from "node:crypto";
import { bcryptHash, bcryptMatches, NOBODYS_HASH } from "@/bcrypt";
import { type Key, keysFor } from "@/keys";
import type { Turn } from "@/turns";

/** What a digest is bound to. A digest that is copied to another store, purpose or subject matches nothing. */
export type Binding = { store: string; purpose: string; subject: string };

/** How a code is digested: by HMAC, or by bcrypt over the HMAC (004). */
export type Hash = "hmac" | "bcrypt";

/** 004: bcrypt with 12 rounds, about 170 ms. */
const BCRYPT_COST = 12;

/** Draws a code without bias (COD-01: `randomInt` rejects values that would bias it), with leading zeros (COD-02). */
export function drawCode(digits: number): string {
  return String(randomInt(0, 10 ** digits)).padStart(digits, "0");
}

/** What is stored of a code: `<key id>.<HMAC-SHA-256>` under the newest key, or bcrypt of that HMAC (law 9). */
export async function digestCode(code: string, binding: Binding, how: Hash, turn: Turn): Promise<string> {
  const [key] = keysFor("code digest");
  const plain = mac(key, code, binding);
  return `${key.id}.${how === "bcrypt" ? await bcryptHash(plain, BCRYPT_COST, turn) : plain}`;
}

/**
 * Whether `code` matches `digest`, in constant time, under the key that made the digest. Without a digest (a decoy, a
 * retired row, a spent budget) it does the same work and answers false.
 */
export async function codeMatches(
  code: string,
  digest: string | null,
  binding: Binding,
  how: Hash,
  turn: Turn,
): Promise<boolean> {
  const keys = keysFor("code digest");
  const dot = digest?.indexOf(".") ?? -1;
  const key = keys.find(({ id }) => id === digest?.slice(0, dot));
  const stored = digest?.slice(dot + 1) ?? "";
  const plain = mac(key ?? keys[0], code, binding);
  return (how === "bcrypt" ? await sameHash(plain, stored, turn) : sameText(plain, stored)) && key !== undefined;
}

function sameText(expected: string, stored: string): boolean {
  return timingSafeEqual(Buffer.from(expected), Buffer.from(stored.padEnd(expected.length).slice(0, expected.length)));
}

async function sameHash(plain: string, stored: string, turn: Turn): Promise<boolean> {
  const isHash = stored.startsWith("$2");
  return (await bcryptMatches(plain, isHash ? stored : NOBODYS_HASH, turn)) && isHash;
}

function mac(key: Key, code: string, { store, purpose, subject }: Binding): string {
  const hmac = createHmac("sha256", key.bytes);
  for (const part of [store, purpose, subject, code]) {
    // The length comes first, so that no two bindings have the same bytes.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    hmac.update(length).update(part);
  }
  return hmac.digest("base64url");
}
