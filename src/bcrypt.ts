import { compare, hash } from "@node-rs/bcrypt";

/** At once, on as many cores as a small machine has: each takes one for 170 ms. */
const AT_ONCE = 2;
/** How many may wait: about five seconds' worth. Whoever comes then is told to come again, rather than slow everyone. */
const WAITING = 60;

/** Too many passwords are being hashed already. Not a fault of the caller's: trying again soon is the answer. */
export class Busy extends Error {
  override name = "Busy";
  readonly retryAfterSeconds = 5;
}

/** A hash, of cost 12, of random bytes that nobody kept: what is compared where there is nothing to compare. */
export const NOBODYS_HASH = "$2b$12$rfPdei0qcT3U1mr0Y/oSju1aQfqM/nmMKYLkjL12rmpg4YC7MX/IS";

let running = 0;
const queue: (() => void)[] = [];

/** Runs bcrypt for as many callers as there are cores, first come first served (PWD-07). */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (queue.length >= WAITING) throw new Busy();
    await new Promise<void>((resolve) => queue.push(resolve)); // whoever ends hands its place over
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }
}

/** bcrypt with 2^`cost` rounds. @throws {Busy} when too many wait. */
export const bcryptHash = (text: string, cost: number): Promise<string> => inTurn(() => hash(text, cost));

/** Whether `text` is what was hashed. @throws {Busy} when too many wait. */
export const bcryptMatches = (text: string, hashed: string): Promise<boolean> => inTurn(() => compare(text, hashed));
