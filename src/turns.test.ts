import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Busy, HungUp, makeTurns, type Turn } from "./turns";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stranger: Turn = { known: null, signal: null };
const known = (key: string): Turn => ({ known: key, signal: null });

/** Turns, and work that a test ends by its name. */
function station() {
  const inTurn = makeTurns({ atOnce: 2, most: { known: 6, ofOneKey: 3, strangers: 4 }, patience: 5_000 });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    /** Asks for a turn for work of this name. */
    come: (name: string, turn: Turn) => {
      const done = inTurn(turn, () => {
        started.push(name);
        return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
      });
      done.catch(() => {}); // a test awaits the ones that must fail
      return done;
    },
    /** Ends the work, and lets the next one begin. */
    async end(name: string) {
      ends.get(name)?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

/** The errors of those whose wait has failed so far. */
function faultsOf(...waiting: Promise<unknown>[]): unknown[] {
  const told: unknown[] = [];
  for (const one of waiting) one.catch((fault) => told.push(fault));
  return told;
}

describe("the order of turns (PWD-07)", () => {
  test("two work at once, and strangers get their turns in order", async () => {
    const { come, end, started } = station();
    for (const name of ["a", "b", "c", "d"]) void come(name, stranger);
    expect(started).toEqual(["a", "b"]);
    await end("b");
    expect(started).toEqual(["a", "b", "c"]);
    await end("a");
    expect(started).toEqual(["a", "b", "c", "d"]);
  });

  test("a free place goes to the known queue first, however many strangers came before", async () => {
    const { come, end, started } = station();
    for (const name of ["a", "b", "c", "d", "e"]) void come(name, stranger);
    void come("K", known("1"));
    void come("L", known("2"));
    await end("a");
    await end("b");
    expect(started).toEqual(["a", "b", "K", "L"]);
    await end("K");
    expect(started).toEqual(["a", "b", "K", "L", "c"]);
  });

  test("a key has one turn at a time, and its next one comes after the other keys", async () => {
    const { come, end, started } = station();
    for (const name of ["K1", "K2", "K3"]) void come(name, known("1"));
    // The second place stays free: a key may have one place only.
    expect(started).toEqual(["K1"]);
    void come("L1", known("2"));
    void come("M1", known("3"));
    void come("a", stranger);
    expect(started).toEqual(["K1", "L1"]);
    await end("K1");
    expect(started).toEqual(["K1", "L1", "M1"]);
    await end("L1");
    expect(started).toEqual(["K1", "L1", "M1", "K2"]);
    await end("K2");
    // The key's third turn comes before the stranger's.
    expect(started).toEqual(["K1", "L1", "M1", "K2", "K3"]);
    await end("K3");
    expect(started.at(-1)).toBe("a");
  });

  test("a stranger gets a free place while the only waiting key is at work", async () => {
    const { come, started } = station();
    void come("K1", known("1"));
    void come("K2", known("1"));
    void come("a", stranger);
    expect(started).toEqual(["K1", "a"]);
  });

  test("failed work gives its place to the next", async () => {
    const inTurn = makeTurns({ atOnce: 1, most: { known: 1, ofOneKey: 1, strangers: 1 }, patience: 5_000 });
    const failing = inTurn(stranger, () => Promise.reject(new Error("broken")));
    const next = inTurn(stranger, async () => "next");
    await expect(failing).rejects.toThrow("broken");
    expect(await next).toBe("next");
  });
});

describe("the bounds of the queues (DEL-04)", () => {
  test("a stranger gets Busy at once if the strangers' queue is full, and a known one still gets a turn", async () => {
    const { come, end, started } = station();
    for (let at = 0; at < 6; at += 1) void come(`s${at}`, stranger);
    await expect(come("s6", stranger)).rejects.toThrow(Busy);
    void come("K", known("1"));
    await end("s0");
    expect(started).toContain("K");
  });

  test("a key gets Busy if its lane is full, and another key still finds room", async () => {
    const { come } = station();
    for (let at = 0; at < 4; at += 1) void come(`K${at}`, known("1"));
    await expect(come("K4", known("1"))).rejects.toThrow(Busy);
    void come("L", known("2"));
    for (let at = 0; at < 3; at += 1) void come(`M${at}`, known(`${at + 3}`));
    await expect(come("N", known("9"))).rejects.toThrow(Busy);
  });

  test("nobody waits for more than five seconds: then a waiter gets Busy, and its place in the queue is free", async () => {
    const { come, end, started } = station();
    for (const name of ["a", "b"]) void come(name, stranger);
    const told = faultsOf(come("c", stranger), come("K", known("1")));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(vi.getTimerCount()).toBe(2);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toMatchObject(Array(2).fill({ name: "Busy", retryAfterSeconds: 5 }));
    await end("a");
    await end("b");
    expect(started).toEqual(["a", "b"]);
    void come("d", stranger);
    expect(started).toEqual(["a", "b", "d"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a client that hangs up", () => {
  test("while it waits gives its place in the queue away, and its work never begins", async () => {
    const { come, end, started } = station();
    for (const name of ["a", "b"]) void come(name, stranger);
    const [one, other] = [new AbortController(), new AbortController()];
    const told = faultsOf(
      come("c", { known: null, signal: one.signal }),
      come("K", { known: "1", signal: other.signal }),
    );
    void come("d", stranger);
    one.abort();
    other.abort();
    await end("a");
    expect(told).toEqual([expect.any(HungUp), expect.any(HungUp)]);
    expect(started).toEqual(["a", "b", "d"]);
  });

  test("before it asks for a turn gets HungUp", async () => {
    const { come, started } = station();
    await expect(come("a", { known: null, signal: AbortSignal.abort() })).rejects.toThrow(HungUp);
    expect(started).toEqual([]);
  });

  test("during its work gets the result, and frees its place when the work ends", async () => {
    const { come, end, started } = station();
    const controller = new AbortController();
    const done = come("a", { known: "1", signal: controller.signal });
    controller.abort();
    await end("a");
    expect(await done).toBe("a");
    void come("b", known("1"));
    expect(started).toEqual(["a", "b"]);
  });
});
