import { compare, hash } from "@node-rs/bcrypt";
import { makeTurns, type Turn } from "./turns";

/** A hash, of cost 12, of random bytes that nobody kept: what is compared where there is nothing to compare. */
export const NOBODYS_HASH = "$2b$12$rfPdei0qcT3U1mr0Y/oSju1aQfqM/nmMKYLkjL12rmpg4YC7MX/IS";

/**
 * Two at once, as many as a small machine has cores: each takes one for 170 ms. Of strangers about five seconds' worth
 * may wait, which is as long as anybody waits. Known ones are served first, and more of them may wait (PWD-07).
 */
const inTurn = makeTurns({ atOnce: 2, most: { known: 200, ofOneKey: 10, strangers: 60 }, patience: 5_000 });

/** bcrypt with 2^`cost` rounds. @throws {Busy} and {HungUp}, as `makeTurns` says. */
export const bcryptHash = (text: string, cost: number, turn: Turn): Promise<string> =>
  inTurn(turn, () => hash(text, cost));

/** Whether `text` is what was hashed. @throws {Busy} and {HungUp}, as `makeTurns` says. */
export const bcryptMatches = (text: string, hashed: string, turn: Turn): Promise<boolean> =>
  inTurn(turn, () => compare(text, hashed));
