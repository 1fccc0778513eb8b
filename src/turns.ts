/**
 * `known`: the key of the account's known device or live session; null for a stranger. `signal`: aborted when the
 * client hangs up; null without a client.
 */
export type Turn = { known: string | null; signal: AbortSignal | null };

/** Too many wait, or this one has waited too long. */
export class Busy extends Error {
  override name = "Busy";
  readonly retryAfterSeconds = 5;
}

/** The client hung up before its turn. */
export class HungUp extends Error {
  override name = "HungUp";
}

type Rules = {
  /** Known ones and strangers together. */
  atOnce: number;
  /** How many may wait. `known` is over all keys. */
  most: { known: number; ofOneKey: number; strangers: number };
  /** The longest wait. Milliseconds. */
  patience: number;
};

type Waiter = { known: string | null; start(): void };

/**
 * Two queues for a few places. A free place goes to a known one first, so that strangers delay no known one. A key has
 * one turn at a time and then goes behind the others, so that a flooding device delays itself. Both queues are bounded.
 */
export function makeTurns({ atOnce, most, patience }: Rules) {
  let running = 0;
  let knownWaiting = 0;
  const atWork = new Set<string>();
  /** Lanes, in the order in which their keys get a turn. */
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
   * Runs the work once there is a place for it.
   * @throws {Busy} if the queue is full or the wait takes too long
   * @throws {HungUp} if the client hangs up before its turn
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
