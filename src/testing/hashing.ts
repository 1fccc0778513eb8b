import { compare, hash } from "@node-rs/bcrypt";
import { vi } from "vitest";
import * as bcrypt from "@/bcrypt";
import type { Turn } from "@/turns";

/** Whose turn bcrypt is in tests that are about something else: nobody's who is known. */
export const stranger: Turn = { known: null, signal: null };

/**
 * Lets bcrypt take a moment instead of 170 ms, for files that are about something else. Hashes stay real ones, of
 * the least cost there is; nobody's hash is not worked at. Call it at top level.
 * @returns the cost that each hash was asked for, in order
 */
export function cheapHashing(): { costs: number[] } {
  const costs: number[] = [];
  vi.spyOn(bcrypt, "bcryptHash").mockImplementation((text, cost) => {
    costs.push(cost);
    return hash(text, 4);
  });
  vi.spyOn(bcrypt, "bcryptMatches").mockImplementation(async (text, hashed) =>
    hashed === bcrypt.NOBODYS_HASH ? false : compare(text, hashed),
  );
  return { costs };
}
