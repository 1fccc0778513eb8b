import { compare, hash } from "@node-rs/bcrypt";
import { vi } from "vitest";
import * as bcrypt from "@/bcrypt";
import type { Turn } from "@/turns";

/** A stranger's turn, for tests that are not about turns. */
export const stranger: Turn = { known: null, signal: null };

/**
 * Makes bcrypt fast (170 ms otherwise), for files that are not about hashing. Hashes are real, of the lowest cost; the
 * dummy hash is not compared. Call it at top level.
 * @returns the costs asked for, in order
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
