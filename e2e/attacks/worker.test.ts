import { once } from "node:events";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { isLong } from "@/testing/long";
import { freshEmail } from "@/testing/people";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { type App, stage, startApp, stopApp } from "./stage";

const resend = await startResendStandIn();
const provider = { DELIVERY: "resend", RESEND_API_KEY: "re_attack", RESEND_BASE_URL: resend.url };
const { url, visitor } = stage({ env: { ...provider, IP_HOURLY_REQUESTS: "1000000" } });

const ASKS = 20;
const until = (what: () => unknown, seconds = 20) =>
  vi.waitFor(async () => expect(await what()).toBe(true), { timeout: seconds * 1000, interval: 20 });

let worker: App;
const startWorker = async () => {
  worker = startApp(0, { DATABASE_URL: url, ...provider, PORT: "3000", JOBS: "on" }, "worker");
  await until(() => worker.said().includes("is at work"));
};
beforeAll(startWorker, 30_000);
afterAll(async () => {
  // First: what hangs there would hold the worker up.
  await resend.stop();
  await stopApp(worker);
});

type Asked = { email: string; milliseconds: number };

async function ask(): Promise<Asked> {
  const email = freshEmail();
  const { status, milliseconds } = await visitor().call("signUp.requestCode", { identifier: email });
  expect(status).toBe(200);
  return { email, milliseconds };
}
const mailsTo = (email: string) => resend.sent.filter(({ to }) => to.includes(email));
const deliveryTo = async (email: string) => {
  const [row] = await db().execute<{ id: string; state: string }>(
    sql`select id, state from deliveries where recipient = ${email}`,
  );
  return row;
};

describe("a worker killed with -9 in mid-send (DEL-01)", () => {
  test.each([
    ["before the provider has taken the message", "hang" as const],
    ["after the provider has taken it", "withhold-answer" as const],
  ])(
    "%s: it goes out once more under the same key, and arrives once",
    async (_when, fault) => {
      resend.failNext(fault);
      const first = resend.keys.length;
      const { email } = await ask();
      await until(() => resend.keys.length > first);
      worker.process.kill("SIGKILL");
      await once(worker.process, "exit");
      await startWorker();
      if (!isLong) {
        // As if half a minute had passed: then whoever held the job counts as dead, and each minute is a round.
        await db().execute(
          sql`update graphile_worker._private_jobs set locked_at = locked_at - interval '31 seconds' where locked_at is not null`,
        );
        await db().execute(sql`select graphile_worker.add_job('rescue')`);
      }
      await until(async () => (await deliveryTo(email))?.state === "sent", isLong ? 110 : 20);
      const { id } = (await deliveryTo(email)) ?? {};
      expect(resend.keys.slice(first)).toEqual([id, id]);
      expect(mailsTo(email)).toHaveLength(1);
    },
    130_000,
  );
});

test("a provider that hangs slows no ask (DEL-03)", async () => {
  const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  const before = [];
  for (let at = 0; at < ASKS; at += 1) before.push((await ask()).milliseconds);

  // As many as the worker has hands: whatever comes then waits behind them.
  const hung = resend.keys.length + 5;
  resend.failNext(...Array.from({ length: 5 }, () => "hang" as const));
  const asked: Asked[] = [];
  for (let at = 0; at < 5; at += 1) asked.push(await ask());
  await until(() => resend.keys.length >= hung);
  const during: Asked[] = [];
  for (let at = 0; at < ASKS; at += 1) during.push(await ask());
  expect(mailsTo(during.at(-1)?.email ?? "")).toHaveLength(0);
  expect(median(during.map(({ milliseconds }) => milliseconds))).toBeLessThan(median(before) + 1_000);
  expect(Math.max(...during.map(({ milliseconds }) => milliseconds))).toBeLessThan(5_000);
  // Ten seconds until it is given up, half a minute until it is trusted again, and the queue's own pause.
  if (!isLong) return;
  await until(() => during.every(({ email }) => mailsTo(email).length === 1), 90);
  expect([...asked, ...during].filter(({ email }) => mailsTo(email).length > 1)).toEqual([]);
}, 130_000);
