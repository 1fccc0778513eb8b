import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Busy, HungUp, makeTurns, type Turn } from "./turns";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stranger: Turn = { known: null, signal: null };
const known = (key: string): Turn => ({ known: key, signal: null });

/** Turns, and work that ends when it is told to. */
function station() {
  const inTurn = makeTurns({ atOnce: 2, most: { known: 6, ofOneKey: 3, strangers: 4 }, patience: 5_000 });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    /** Comes with a piece of work of this name. */
    come: (name: string, turn: Turn) => {
      const done = inTurn(turn, () => {
        started.push(name);
        return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
      });
      done.catch(() => {}); // each test looks at those that it means to fail
      return done;
    },
    /** Lets a piece of work end, and whoever is next begin. */
    async end(name: string) {
      ends.get(name)?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

/** What is told to those who wait, as it comes: whoever waits on is not in it. */
function faultsOf(...waiting: Promise<unknown>[]): unknown[] {
  const told: unknown[] = [];
  for (const one of waiting) one.catch((fault) => told.push(fault));
  return told;
}

describe("whose turn it is (PWD-07)", () => {
  test("two work at once, whoever they are, and strangers come in their order", async () => {
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

  test("of one key one works at a time, and its next goes behind the others", async () => {
    const { come, end, started } = station();
    for (const name of ["K1", "K2", "K3"]) void come(name, known("1"));
    // The second place is free, and stays so: it is not this key's.
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
    // The key's third waits for nobody but strangers now.
    expect(started).toEqual(["K1", "L1", "M1", "K2", "K3"]);
    await end("K3");
    expect(started.at(-1)).toBe("a");
  });

  test("a stranger takes a place that no known one may have yet", async () => {
    const { come, started } = station();
    void come("K1", known("1"));
    void come("K2", known("1"));
    void come("a", stranger);
    expect(started).toEqual(["K1", "a"]);
  });

  test("work that fails gives its place to the next", async () => {
    const inTurn = makeTurns({ atOnce: 1, most: { known: 1, ofOneKey: 1, strangers: 1 }, patience: 5_000 });
    const failing = inTurn(stranger, () => Promise.reject(new Error("broken")));
    const next = inTurn(stranger, async () => "next");
    await expect(failing).rejects.toThrow("broken");
    expect(await next).toBe("next");
  });
});

describe("what waits is bounded (DEL-04)", () => {
  test("strangers who find their queue full are told so at once, and known ones still come in", async () => {
    const { come, end, started } = station();
    for (let at = 0; at < 6; at += 1) void come(`s${at}`, stranger);
    await expect(come("s6", stranger)).rejects.toThrow(Busy);
    void come("K", known("1"));
    await end("s0");
    expect(started).toContain("K");
  });

  test("one key takes no more than its own places, so that it leaves room for others", async () => {
    const { come } = station();
    for (let at = 0; at < 4; at += 1) void come(`K${at}`, known("1"));
    await expect(come("K4", known("1"))).rejects.toThrow(Busy);
    void come("L", known("2"));
    for (let at = 0; at < 3; at += 1) void come(`M${at}`, known(`${at + 3}`));
    await expect(come("N", known("9"))).rejects.toThrow(Busy);
  });

  test("nobody waits for more than five seconds, and is told to come again; then there is room", async () => {
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

describe("whoever hangs up", () => {
  test("gives its place in the queue away, and its work is never begun", async () => {
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

  test("before it came is not let in at all", async () => {
    const { come, started } = station();
    await expect(come("a", { known: null, signal: AbortSignal.abort() })).rejects.toThrow(HungUp);
    expect(started).toEqual([]);
  });

  test("while its work is done changes nothing: the place is free once it is done", async () => {
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
