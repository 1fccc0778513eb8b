/**
 * Who waits for a turn. `known` names the known device or the live session of the account that is asked for; null is a
 * stranger. `signal` tells that the client has hung up; null where there is no client.
 */
export type Turn = { known: string | null; signal: AbortSignal | null };

/** Too many wait already, or this one has waited too long. Not a fault of the caller's: trying again soon is the answer. */
export class Busy extends Error {
  override name = "Busy";
  readonly retryAfterSeconds = 5;
}

/** The client hung up before its turn came: nobody would read the answer. */
export class HungUp extends Error {
  override name = "HungUp";
}

type Rules = {
  /** How many work at the same time, known ones and strangers together. */
  atOnce: number;
  /** How many may wait: known ones in all, those of one key, and strangers. */
  most: { known: number; ofOneKey: number; strangers: number };
  /** How long one waits at most. Milliseconds. */
  patience: number;
};

type Waiter = { known: string | null; start(): void };

/**
 * Two queues before a few places. A place that becomes free goes to a known one first, so that strangers cannot delay
 * anybody who is known. Of one key only one works at a time, and after each turn the key goes behind the others: a
 * known device that floods delays itself. Both queues are bounded, so that waiting takes no memory to speak of.
 */
export function makeTurns({ atOnce, most, patience }: Rules) {
  let running = 0;
  let knownWaiting = 0;
  const atWork = new Set<string>();
  /** Who waits of each key; the keys in the order in which their turn comes. */
  const lanes = new Map<string, Set<Waiter>>();
  const strangers = new Set<Waiter>();

  const isFree = (known: string | null) => running < atOnce && (known === null || !atWork.has(known));

  function begin(known: string | null): void {
    running += 1;
    if (known !== null) atWork.add(known);
  }

  function end(known: string | null): void {
    running -= 1;
    if (known !== null) {
      atWork.delete(known);
      const lane = lanes.get(known);
      if (lane) {
        lanes.delete(known);
        lanes.set(known, lane); // behind the others
      }
    }
    for (let next = first(); next && running < atOnce; next = first()) {
      remove(next);
      begin(next.known);
      next.start();
    }
  }

  function first(): Waiter | undefined {
    for (const [known, lane] of lanes) {
      if (atWork.has(known)) continue;
      for (const waiter of lane) return waiter;
    }
    for (const waiter of strangers) return waiter;
    return undefined;
  }

  function add(waiter: Waiter): void {
    const { known } = waiter;
    if (known === null) {
      if (strangers.size >= most.strangers) throw new Busy();
      strangers.add(waiter);
      return;
    }
    const lane = lanes.get(known) ?? new Set();
    if (knownWaiting >= most.known || lane.size >= most.ofOneKey) throw new Busy();
    lanes.set(known, lane.add(waiter));
    knownWaiting += 1;
  }

  function remove(waiter: Waiter): void {
    const { known } = waiter;
    if (known === null) {
      strangers.delete(waiter);
      return;
    }
    const lane = lanes.get(known);
    if (!lane?.delete(waiter)) return;
    knownWaiting -= 1;
    if (lane.size === 0) lanes.delete(known);
  }

  const wait = ({ known, signal }: Turn) =>
    new Promise<void>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", hangUp);
      };
      const giveUp = (why: Error) => {
        settle();
        remove(waiter);
        reject(why);
      };
      const hangUp = () => giveUp(new HungUp());
      const waiter: Waiter = {
        known,
        start() {
          settle();
          resolve();
        },
      };
      add(waiter);
      const timer = setTimeout(() => giveUp(new Busy()), patience);
      signal?.addEventListener("abort", hangUp, { once: true });
    });

  /**
   * Does a piece of work once there is a place for it.
   * @throws {Busy} when the queue is full, or the wait took too long.
   * @throws {HungUp} when the client was gone before its turn came.
   */
  return async function inTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    if (turn.signal?.aborted) throw new HungUp();
    if (isFree(turn.known)) begin(turn.known);
    else await wait(turn);
    try {
      return await work();
    } finally {
      end(turn.known);
    }
  };
}
