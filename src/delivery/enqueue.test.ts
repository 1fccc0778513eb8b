import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import { Logger, runOnce } from "graphile-worker";
import postgres from "postgres";
import { expect, test } from "vitest";
import { INVITATION_DAYS } from "@/accounts/roles";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { enqueue, type NewDelivery } from "./enqueue";
import { backOffSeconds } from "./queue";

const { url } = testDatabase();

const asked: NewDelivery = {
  channel: "email",
  to: "ada@example.com",
  message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
  decoy: false,
  expiresInSeconds: 600,
};

const queue = () =>
  db().execute(sql`
    select p.payload, j.key, j.max_attempts, j.run_at <= now() as due, j.task_identifier
      from graphile_worker.jobs j join graphile_worker._private_jobs p using (id) order by j.id`);

async function empty() {
  await db().execute(sql`delete from graphile_worker._private_jobs`);
  await db().delete(deliveries);
}

test("an ask whose transaction rolls back enqueues nothing (DEL-01)", async () => {
  await empty();
  const rolledBack = db().transaction(async (tx) => {
    await enqueue(tx, asked);
    expect(await tx.select().from(deliveries)).toHaveLength(1);
    throw new Error("the flow changed its mind");
  });
  await expect(rolledBack).rejects.toThrow("the flow changed its mind");
  expect(await db().select().from(deliveries)).toEqual([]);
  expect(await queue()).toHaveLength(0);
});

test("an ask whose transaction commits leaves a delivery and its job, both without the code in clear", async () => {
  await empty();
  const id = await db().transaction((tx) => enqueue(tx, asked));
  const [row, ...others] = await db().select().from(deliveries);
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    id,
    channel: "email",
    template: "code",
    recipient: "ada@example.com",
    decoy: false,
    state: "queued",
    attempts: 0,
    sentAt: null,
  });
  expect(await queue()).toMatchObject([
    { payload: { deliveryId: id }, key: `deliver:${id}`, max_attempts: 50, due: true, task_identifier: "deliver" },
  ]);
  expect(JSON.stringify([row, await queue()])).not.toContain("482913");
});

/** The times in seconds at which the queue runs a job that always fails at once. */
function runs(times: number): number[] {
  const at = [0];
  for (let tries = 1; tries < times; tries += 1) at.push((at.at(-1) ?? 0) + backOffSeconds(tries));
  return at;
}

test("the queue retries each message until its life has ended", async () => {
  await empty();
  await db().transaction((tx) => enqueue(tx, asked));
  const [job] = await queue();
  const last = runs(Number(job?.max_attempts)).at(-1);
  expect(last).toBeGreaterThan(INVITATION_DAYS * 24 * 3600);
  expect(runs(50).filter((second) => second < 600)).toHaveLength(6);
});

test("a job starts after the given delay", async () => {
  await empty();
  await db().transaction((tx) => enqueue(tx, asked));
  const fail = () => Promise.reject(new Error("not now"));
  const logger = new Logger(() => () => {});
  for (let tries = 1; tries <= 4; tries += 1) {
    await db().execute(sql`update graphile_worker._private_jobs set run_at = now()`);
    await runOnce({ connectionString: url, taskList: { deliver: fail }, logger });
  }
  const [job] = await db().execute(sql`
    select attempts, extract(epoch from run_at - now())::float8 as waits from graphile_worker.jobs`);
  expect(job?.attempts).toBe(4);
  expect(job?.waits).toBeGreaterThan(backOffSeconds(3));
  expect(job?.waits).toBeLessThanOrEqual(backOffSeconds(4));
});

test("a delivery expires by PostgreSQL's clock", async () => {
  await empty();
  await db().transaction((tx) => enqueue(tx, { ...asked, expiresInSeconds: 90 }));
  const [row] = await db()
    .select({ lives: sql<number>`extract(epoch from ${deliveries.expiresAt} - ${deliveries.createdAt})::int` })
    .from(deliveries);
  expect(row?.lives).toBe(90);
});

test("a decoy, a notice and a code are enqueued by the same statement, sealed to the same size", async () => {
  await empty();
  const seen: { statement: string; sizes: number[] }[] = [];
  const client = postgres(url, { max: 1 });
  const logQuery = (statement: string, parameters: unknown[]) =>
    seen.push({ statement, sizes: parameters.map((parameter) => String(parameter).length) });
  const logged = drizzle(client, { logger: { logQuery } });
  for (const delivery of [
    asked,
    { ...asked, decoy: true },
    { ...asked, message: { template: "already-registered", props: { accountType: "live" } } } satisfies NewDelivery,
  ])
    await logged.transaction((tx) => enqueue(tx, delivery));
  await client.end();

  const [code, decoy, notice] = seen;
  expect(seen).toHaveLength(3);
  expect(decoy?.statement).toBe(code?.statement);
  expect(notice?.statement).toBe(code?.statement);
  // Only "false" and "true" and the template's name differ.
  expect(code?.sizes.filter((size, at) => size !== decoy?.sizes[at])).toEqual(["false".length]);
  expect(code?.sizes.filter((size, at) => size !== notice?.sizes[at])).toEqual(["code".length]);
  expect(await queue()).toHaveLength(3);
});
