import { compare, hash } from "@node-rs/bcrypt";
import { makeTurns, type Turn } from "./turns";

/** A dummy hash of random bytes that nobody kept. */
export const NOBODYS_HASH = "$2b$12$rfPdei0qcT3U1mr0Y/oSju1aQfqM/nmMKYLkjL12rmpg4YC7MX/IS";

/**
 * Two at once: a small machine has two cores, and a hash occupies one for 170 ms. Known ones come first. The strangers'
 * queue holds about five seconds of work, which is the longest wait (PWD-07).
 */
const inTurn = makeTurns({ atOnce: 2, most: { known: 200, ofOneKey: 10, strangers: 60 }, patience: 5_000 });

/** Hashes with 2^`cost` rounds. @throws {Busy} and {HungUp}, like `makeTurns`. */
export const bcryptHash = (text: string, cost: number, turn: Turn): Promise<string> =>
  inTurn(turn, () => hash(text, cost));

/** Whether the hash is of this text. @throws {Busy} and {HungUp}, like `makeTurns`. */
export const bcryptMatches = (text: string, hashed: string, turn: Turn): Promise<boolean> =>
  inTurn(turn, () => compare(text, hashed));
