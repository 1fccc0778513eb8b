import { expect, test, vi } from "vitest";
import { log } from "@/log";
import { testDatabase } from "@/testing/database";
import { makeBreaker } from "./breaker";
import { makePlaces } from "./place";
import type { SendResult } from "./transports/transport";

testDatabase(); // for the log's settings

const sent: SendResult = { ok: true, providerId: "1" };
const down: SendResult = { ok: false, permanent: false, error: "resend: 503" };

function world() {
  let at = 0;
  const takePlace = makePlaces(makeBreaker(() => at));
  const begun = { options: { idempotencyKey: "1", expiresInSeconds: 600, triedSince: null }, msLeft: 600_000 };
  const take = async (
    message: { decoy: boolean; answer?: SendResult; ms?: number; msLeft?: number; signal?: AbortSignal },
    provider = "resend",
  ) => {
    const send = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, message.ms ?? 0));
      return message.answer ?? sent;
    });
    const started = performance.now();
    const taken = await takePlace<null>({
      decoy: message.decoy,
      provider,
      send,
      begin: async () => ({ ...begun, msLeft: message.msLeft ?? begun.msLeft }),
      signal: message.signal,
    });
    return { taken, ms: performance.now() - started, asked: send.mock.calls.length };
  };
  const failTimes = async (times: number) => {
    for (let time = 0; time < times; time += 1) await take({ decoy: false, answer: down });
  };
  return { take, failTimes, pass: (seconds: number) => (at += seconds * 1000) };
}

test("ENU-02: a decoy takes the time of a recent real send, and asks no provider", async () => {
  const { take } = world();
  for (let time = 0; time < 3; time += 1) await take({ decoy: false, ms: 200 });
  const { taken, ms, asked } = await take({ decoy: true });
  expect([taken, asked]).toEqual([{ result: { ok: true, providerId: null } }, 0]);
  expect(ms).toBeGreaterThan(190);
  expect(ms).toBeLessThan(1000);
});

test("ENU-02: a decoy repeats one of its own provider's last twenty sends", async () => {
  const { take } = world();
  for (let time = 0; time < 5; time += 1) await take({ decoy: false, ms: 300 });
  for (let time = 0; time < 20; time += 1) await take({ decoy: false, ms: 5 });
  for (let time = 0; time < 10; time += 1) expect((await take({ decoy: true })).ms).toBeLessThan(250);
  // Nothing was sent to the inbox yet.
  expect((await take({ decoy: true }, "inbox")).ms).toBeLessThan(100);
  expect((await take({ decoy: true }, "twilio")).ms).toBeGreaterThan(290);
});

test("ENU-02: a decoy is retried with the same wait when real messages are", async () => {
  const { take } = world();
  const patient: SendResult = { ok: false, permanent: false, answered: true, retryAfterSeconds: 30, error: "429" };
  await take({ decoy: false, answer: patient });
  expect((await take({ decoy: true })).taken).toEqual({ result: patient });
});

test("a fault of one mailbox is not repeated by decoys, because an asker could cause it", async () => {
  const { take } = world();
  await take({ decoy: false, answer: { ok: false, permanent: false, answered: true, error: "smtp: 450" } });
  await take({ decoy: false, answer: { ok: false, permanent: true, error: "smtp: 550" } });
  for (let time = 0; time < 10; time += 1)
    expect((await take({ decoy: true })).taken).toEqual({ result: { ok: true, providerId: null } });
});

test("decoys wait at the breaker, never make its one try, and neither open nor close it", async () => {
  const { take, failTimes, pass } = world();
  await failTimes(4);
  for (let time = 0; time < 5; time += 1) expect((await take({ decoy: true })).taken).toEqual({ result: down });
  const error = vi.spyOn(log(), "error").mockReturnValue();
  await failTimes(1);
  error.mockRestore();
  expect((await take({ decoy: true })).taken).toEqual({ waitSeconds: 30 });
  pass(31);
  expect((await take({ decoy: true })).taken).toEqual({ waitSeconds: 30 });
  expect(await take({ decoy: false })).toMatchObject({ taken: { result: sent }, asked: 1 });
  // The outage is over, also for decoys.
  for (let time = 0; time < 20; time += 1)
    expect((await take({ decoy: true })).taken).toEqual({ result: { ok: true, providerId: null } });
});

test("a decoy stops when its life ends; when the process stops, it is tried again later", async () => {
  const { take } = world();
  await take({ decoy: false, ms: 500 });
  const cut = { result: { ok: false, permanent: false } };
  const late = await take({ decoy: true, msLeft: 50 });
  expect(late.taken).toMatchObject(cut);
  expect(late.ms).toBeLessThan(400);
  const stopped = await take({ decoy: true, signal: AbortSignal.timeout(50) });
  expect(stopped.taken).toMatchObject(cut);
  expect(stopped.ms).toBeLessThan(400);
});

test("a send that the app's stop cut short is not repeated by decoys", async () => {
  const { take } = world();
  await take({ decoy: false, answer: down, ms: 50, signal: AbortSignal.abort() });
  expect((await take({ decoy: true })).taken).toEqual({ result: { ok: true, providerId: null } });
});
