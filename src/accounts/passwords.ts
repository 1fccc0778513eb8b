import { createHmac } from "node:crypto";
import { bcryptHash, bcryptMatches, NOBODYS_HASH } from "@/bcrypt";
import { env } from "@/env";
import type { Turn } from "@/turns";
import { isCommonPassword } from "./common-passwords";

/** Cost 12, as documents 001 and 004 ask. */
const COST = 12;
/** The upper bound in code points. A longer password is refused, never cut (PWD-02). */
export const PASSWORD_MAX_LENGTH = 256;

export type PasswordFault = "PASSWORD_TOO_SHORT" | "PASSWORD_TOO_LONG" | "PASSWORD_COMMON";

/**
 * Why a new password is refused, or null. Lengths are in code points after NFC. There are no composition rules. A
 * password that is made of words of `context` (the product, the person's name or email) counts as common.
 */
export function passwordFault(password: string, context: string[]): PasswordFault | null {
  const length = Array.from(password.normalize("NFC")).length;
  if (length < env().passwordMinLength) return "PASSWORD_TOO_SHORT";
  if (length > PASSWORD_MAX_LENGTH) return "PASSWORD_TOO_LONG";
  return isCommonPassword(password, [env().appName, ...context]) ? "PASSWORD_COMMON" : null;
}

/**
 * Hashes a new password: bcrypt, cost 12, about 170 ms. Call it without a lock or a transaction.
 * @throws {Busy} and {HungUp}, as `makeTurns` says.
 */
export function hashPassword(password: string, turn: Turn): Promise<string> {
  return bcryptHash(encode(password), COST, turn);
}

/**
 * Whether `password` matches the hash `stored`. Without a hash (no account, or no password) it compares a dummy, so
 * that the answer takes as long (ENU-02).
 * @throws {Busy} and {HungUp}, as `makeTurns` says.
 */
export async function passwordMatches(password: string, stored: string | null, turn: Turn): Promise<boolean> {
  const matches = await bcryptMatches(encode(password), stored ?? NOBODYS_HASH, turn);
  return matches && stored !== null;
}

/**
 * bcrypt stops at 72 bytes and at a NUL. A base64 HMAC-SHA-256 is shorter and has no NUL, so the whole password counts.
 * The key is a fixed name, not `APP_SECRET`: a rotation of secrets must not invalidate passwords. Plain SHA-256 hashes
 * leaked from other sites are still of no use here.
 */
function encode(password: string): string {
  return createHmac("sha256", "latchkey password v1").update(password.normalize("NFC")).digest("base64");
}
