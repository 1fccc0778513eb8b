import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { enqueue, type NewDelivery } from "@/delivery/enqueue";
import { testDatabase } from "@/testing/database";
import { startResendStandIn } from "@/testing/resend-stand-in";

// These tests start real workers in processes of their own, to see what happens to a message when a worker is killed.

testDatabase();
const resend = await startResendStandIn();
Object.assign(process.env, { DELIVERY: "resend", RESEND_API_KEY: "re_test", RESEND_BASE_URL: resend.url });

// The wait is long because a busy machine may be ten times slower than an idle one.
const until = <T>(check: () => Promise<T> | T) => vi.waitFor(check, { timeout: 60_000, interval: 50 });

const workers = new Set<ChildProcess>();

/** Starts `npm run worker` and waits until it takes jobs. */
async function startWorker(): Promise<void> {
  const worker = spawn(process.execPath, ["scripts/worker.mjs"], { stdio: ["ignore", "pipe", "pipe"] });
  workers.add(worker);
  let said = "";
  for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (chunk) => (said += chunk));
  await until(() => {
    if (worker.exitCode !== null) throw new Error(`the worker ended: ${said}`);
    expect(said).toContain("at work");
  });
}

async function killWorkers(): Promise<void> {
  const gone = [...workers].map((worker) => once(worker, "exit"));
  for (const worker of workers) worker.kill("SIGKILL");
  workers.clear();
  await Promise.all(gone);
}

beforeAll(async () => {
  await Promise.all([startWorker(), startWorker()]);
});
afterAll(async () => {
  await killWorkers();
  await resend.stop();
});
beforeEach(() => {
  resend.sent.length = 0;
  resend.keys.length = 0;
});

const asked: NewDelivery = {
  channel: "email",
  to: "ada@example.com",
  message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
  decoy: false,
  expiresInSeconds: 600,
};
const ask = (change: Partial<NewDelivery> = {}) => db().transaction((tx) => enqueue(tx, { ...asked, ...change }));
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ ...asked, to: `ada${n}@example.com` }));
const askMany = (count: number) => Promise.all(many(count).map((delivery) => ask(delivery)));

const statesOf = async (ids: string[]) =>
  (await db().select({ state: deliveries.state }).from(deliveries).where(inArray(deliveries.id, ids))).map(
    ({ state }) => state,
  );
const untilAll = (ids: string[], state: string) =>
  until(async () => expect(new Set(await statesOf(ids))).toEqual(new Set([state])));

const lockedJobs = () =>
  db().execute(sql`select distinct locked_by from graphile_worker.jobs where locked_by is not null`);

test("two workers send each of a hundred messages once (DEL-02)", async () => {
  const ids = await db().transaction(async (tx) => {
    const enqueued = await Promise.all(many(100).map((delivery) => enqueue(tx, delivery)));
    // One start time for all jobs, so that one quick worker does not take them all.
    await tx.execute(sql`update graphile_worker._private_jobs set run_at = now() + interval '1 second'`);
    return enqueued;
  });
  await db().transaction(async (tx) => {
    await tx.select().from(deliveries).for("update"); // so that no try can be counted
    await until(async () => expect(await lockedJobs()).toHaveLength(10)); // two workers with five jobs each
  });
  await untilAll(ids, "sent");
  expect(resend.keys).toHaveLength(100);
  expect(new Set(resend.keys)).toEqual(new Set(ids));
  expect(resend.sent).toHaveLength(100);
});

test("messages that can never be sent are recorded and do not delay the others", async () => {
  const broken = await db().transaction(async (tx) => {
    const id = await enqueue(tx, asked);
    await tx.update(deliveries).set({ sealed: "00000000.AAAA" }).where(eq(deliveries.id, id));
    return id;
  });
  const refused = await ask({ to: "ada@invalid.example" });
  const noSms = await ask({ channel: "sms", to: "+14155550134" });
  await db().execute(sql`select graphile_worker.add_job('deliver', '{"deliveryId": 7}')`);
  const good = await askMany(20);
  await untilAll(good, "sent");
  await untilAll([broken, refused, noSms], "failed");
  const rows = await db()
    .select()
    .from(deliveries)
    .where(inArray(deliveries.id, [broken, refused, noSms]));
  expect(new Map(rows.map(({ id, error, sealed }) => [id, { error, sealed }]))).toEqual(
    new Map([
      [broken, { error: "the sealed message does not open", sealed: null }],
      [refused, { error: "resend: 422 validation_error", sealed: null }],
      [noSms, { error: "there is no way to send it", sealed: null }],
    ]),
  );
  await until(async () => expect(await db().execute(sql`select 1 from graphile_worker.jobs`)).toHaveLength(0));
});

test("a hanging provider slows no ask, and after kill -9 during a send the next worker sends once with the same key (DEL-01)", async () => {
  resend.failNext("hang", "hang", "hang");
  const hung = await askMany(3);
  await until(() => expect(resend.keys).toHaveLength(3));
  const others = await askMany(20);
  // A try ends after ten seconds. The twenty asks took less.
  expect(await statesOf(hung)).toEqual(["queued", "queued", "queued"]);
  await untilAll(others, "sent");

  await killWorkers();
  expect(await statesOf(hung)).toEqual(["queued", "queued", "queued"]);
  // The rescue counts a worker as dead after 30 seconds.
  await db().execute(sql`update graphile_worker._private_jobs set locked_at = now() - interval '31 seconds'`);
  await db().execute(sql`select graphile_worker.add_job('rescue')`);
  await startWorker();
  await untilAll(hung, "sent");
  for (const id of hung) {
    expect(resend.keys.filter((key) => key === id)).toHaveLength(2);
    expect(resend.sent.filter(({ idempotencyKey }) => idempotencyKey === id)).toHaveLength(1);
  }
});
