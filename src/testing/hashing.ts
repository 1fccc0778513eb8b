import { compare, hash } from "@node-rs/bcrypt";
import { vi } from "vitest";
import * as bcrypt from "@/bcrypt";
import type { Turn } from "@/turns";

/** A stranger's turn at bcrypt, for tests that are not about turns. */
export const stranger: Turn = { known: null, signal: null };

/**
 * Makes bcrypt fast instead of 170 ms, for files that are not about hashing. Hashes are real, but of the lowest cost, and
 * the dummy hash is not compared. Call it at top level.
 * @returns the costs that were asked for, in order
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
