import { eq, sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { enqueue, type NewDelivery } from "@/delivery/enqueue";
import { requestCode } from "@/flows/sign-up";
import { describeFault, log } from "@/log";
import { testDatabase } from "@/testing/database";
import { browser, freshEmail, identifierOf } from "@/testing/people";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { startJobs } from "./runner";

const { url } = testDatabase();
const resend = await startResendStandIn();
Object.assign(process.env, { DELIVERY: "resend", RESEND_API_KEY: "re_test", RESEND_BASE_URL: resend.url });

/** Everything that is logged, at every level. */
const told: unknown[] = [];
for (const level of ["debug", "info", "warn", "error"] as const)
  vi.spyOn(log(), level).mockImplementation((...line: unknown[]) => {
    told.push({ level, line });
  });

let jobs: Awaited<ReturnType<typeof startJobs>>;
beforeAll(async () => {
  jobs = await startJobs();
});
afterAll(async () => {
  await jobs.stop();
  await resend.stop();
});
beforeEach(async () => {
  await db().execute(sql`delete from graphile_worker._private_jobs where locked_at is null`);
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

async function rowOf(id: string) {
  const [row] = await db().select().from(deliveries).where(eq(deliveries.id, id));
  return row;
}

const queued = () =>
  db().execute(
    sql`select task_identifier, attempts, last_error, run_at > now() as waits from graphile_worker.jobs where task_identifier <> 'rollup'`,
  );

// The wait is long because a busy machine may be ten times slower than an idle one.
const until = <T>(check: () => Promise<T> | T) => vi.waitFor(check, { timeout: 30_000, interval: 50 });
const untilIdle = () => until(async () => expect(await queued()).toHaveLength(0));
/** Makes waiting retries due now. */
const hurry = () => db().execute(sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`);

describe("the runner", () => {
  test("sends the messages of a committed transaction and none of a rolled-back one", async () => {
    let lost = "";
    const rolledBack = db().transaction(async (tx) => {
      lost = await enqueue(tx, asked);
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    const id = await ask();
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent", sealed: null }));
    expect(resend.keys).toEqual([id]);
    expect(resend.keys).not.toContain(lost);
    await untilIdle();
  });

  test("drops a decoy and deletes its job", async () => {
    const id = await ask({ decoy: true });
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "dropped", sealed: null }));
    await untilIdle();
    expect(resend.keys).toEqual([]);
  });

  test("tries again later, with the same key, after a fault of the provider", async () => {
    resend.failNext({ status: 500 });
    const id = await ask();
    await until(async () => expect(await queued()).toMatchObject([{ attempts: 1, waits: true }]));
    expect(await queued()).toMatchObject([{ last_error: "resend: 500 application_error" }]);
    await hurry();
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent", attempts: 2 }));
    expect(resend.keys).toEqual([id, id]);
    expect(resend.sent).toHaveLength(1);
    await untilIdle();
  });

  test("does not send a code that a newer ask retired before the send", async () => {
    const email = freshEmail();
    resend.failNext({ status: 500 });
    await requestCode(identifierOf(email), "live", browser());
    await until(async () => expect(await queued()).toMatchObject([{ attempts: 1, waits: true }]));
    await db().execute(sql`
      update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`);
    await requestCode(identifierOf(email), "live", browser());
    await until(() => expect(resend.sent).toHaveLength(1));
    await hurry();
    await untilIdle();
    const rows = await db()
      .select()
      .from(deliveries)
      .where(eq(deliveries.recipient, email))
      .orderBy(deliveries.createdAt);
    expect(rows).toMatchObject([
      { state: "dropped", error: "superseded", sealed: null },
      { state: "sent", error: null },
    ]);
    expect(resend.keys).toEqual(rows.map(({ id }) => id));
  });

  test("waits as long as the provider says, with one job", async () => {
    resend.failNext({ status: 429, retryAfterSeconds: 60 });
    const id = await ask();
    await until(async () => expect(await queued()).toMatchObject([{ attempts: 0, waits: true }]));
    expect(await rowOf(id)).toMatchObject({ state: "queued", attempts: 1 });
    await hurry();
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent", attempts: 2 }));
    await untilIdle();
  });

  test("does not retry a job that can never succeed", async () => {
    await db().execute(sql`select graphile_worker.add_job('deliver', '{"deliveryId": "not an id"}')`);
    await db().execute(sql`select graphile_worker.add_job('deliver', '[]')`);
    await db().execute(
      sql`select graphile_worker.add_job('deliver', ${JSON.stringify({ deliveryId: crypto.randomUUID() })})`,
    );
    await untilIdle();
  });

  test("frees the job of a dead worker, and sends once", async () => {
    const id = await db().transaction(async (tx) => {
      const delivery = await enqueue(tx, asked);
      await tx.execute(
        sql`update graphile_worker._private_jobs set locked_at = now() - interval '31 seconds', locked_by = 'dead'`,
      );
      return delivery;
    });
    await db().execute(sql`select graphile_worker.add_job('rescue')`);
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent" }));
    expect(resend.sent).toHaveLength(1);
    await untilIdle();
  });

  test("frees the roll-up's queue after a worker died in a round, and the next round runs", async () => {
    await db().execute(
      sql`select graphile_worker.add_job('rollup', queue_name => 'rollup', max_attempts => 1, run_at => now() + interval '1 hour')`,
    );
    await db().execute(
      sql`update graphile_worker._private_jobs set locked_at = now() - interval '6 minutes', locked_by = 'dead', attempts = 1`,
    );
    await db().execute(
      sql`update graphile_worker._private_job_queues set locked_at = now() - interval '6 minutes', locked_by = 'dead' where queue_name = 'rollup'`,
    );
    await db().execute(sql`delete from otp_snapshots`);
    await db().execute(
      sql`select graphile_worker.add_job('rollup', '{"second": true}', queue_name => 'rollup', max_attempts => 1)`,
    );
    await db().execute(sql`select graphile_worker.add_job('rescue')`);
    await until(async () => expect(await db().execute(sql`select from otp_snapshots`)).not.toHaveLength(0));
    await db().execute(sql`delete from graphile_worker._private_jobs`);
  });

  test("does not free a job that a worker locked a moment ago", async () => {
    await db().transaction(async (tx) => {
      await enqueue(tx, asked);
      await tx.execute(
        sql`update graphile_worker._private_jobs set locked_at = now() - interval '20 seconds', locked_by = 'alive'`,
      );
    });
    await db().execute(sql`select graphile_worker.add_job('rescue')`);
    await until(async () => expect(await queued()).toMatchObject([{ task_identifier: "deliver" }]));
    expect(resend.keys).toEqual([]);
    await db().execute(sql`delete from graphile_worker._private_jobs`);
  });

  test("sends each of many messages once", async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => ask({ to: `ada${n}@example.com` })));
    await untilIdle();
    expect(new Set(resend.keys)).toEqual(new Set(ids));
    expect(resend.keys).toHaveLength(50);
  });

  test("continues after the database closed its connections", async () => {
    expect(await hangUp()).toBeGreaterThan(0);
    const id = await ask();
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent" }));
    await untilIdle();
  });

  test("recovers when the database was away while its workers reported their jobs", async () => {
    const trace = vi.spyOn(console, "trace").mockImplementation(() => {});
    await db().transaction(async (tx) => {
      for (let n = 0; n < 5; n++) await enqueue(tx, asked);
      await tx.execute(sql`update graphile_worker._private_jobs set run_at = now() + interval '1 second'`);
    });
    await db().transaction(async (tx) => {
      await tx.select().from(deliveries).for("update"); // so that each of the five workers waits at its own job
      await until(async () =>
        expect(await db().execute(sql`select 1 from graphile_worker.jobs where locked_at is not null`)).toHaveLength(5),
      );
      await allowConnections(false);
      await hangUp();
    });
    await until(() => expect(trace).toHaveBeenCalledTimes(5)); // Graphile Worker traces each worker that it lost
    await allowConnections(true);
    const id = await ask();
    await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent" }));
    trace.mockRestore();
    await until(async () => expect(await queued()).toHaveLength(5)); // the lost workers' jobs, which the rescue frees
    await db().execute(sql`delete from graphile_worker._private_jobs`);
  });
});

/** Closes the queue's connections, not the app's. Returns their number. */
async function hangUp(): Promise<number> {
  const ended = await db().execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name <> 'postgres.js'`);
  return ended.length;
}

async function allowConnections(allowed: boolean): Promise<void> {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = "postgres";
  const admin = postgres(server.href, { max: 1 });
  await admin.unsafe(`alter database ${name} allow_connections ${allowed}`);
  await admin.end();
}

test("stopping ends a send to a hanging provider, and the next runner can try again at once", async () => {
  resend.failNext("hang");
  const id = await ask();
  await until(() => expect(resend.keys).toEqual([id]));
  const started = performance.now();
  await jobs.stop();
  expect(performance.now() - started).toBeLessThan(9000); // the try alone would take ten seconds
  expect(await rowOf(id)).toMatchObject({ state: "queued", attempts: 1 });
  expect(await db().execute(sql`select 1 from graphile_worker.jobs where locked_at is not null`)).toHaveLength(0);
  jobs = await startJobs();
  await hurry();
  await until(async () => expect(await rowOf(id)).toMatchObject({ state: "sent" }));
  expect(resend.sent).toHaveLength(1);
});

test("a second stop does nothing, and nothing is sent afterwards", async () => {
  await jobs.stop();
  await jobs.stop();
  const id = await ask();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(await rowOf(id)).toMatchObject({ state: "queued" });
});

test("each outcome is logged in one line, without an address or a code", () => {
  const lines = told.map((line) =>
    JSON.stringify(line, (_key, value) => (value instanceof Error ? describeFault(value) : value)),
  );
  const all = lines.join("\n");
  for (const state of ["sent", "queued", "dropped"])
    expect(all).toMatch(new RegExp(`"event":"delivery","deliveryId":"[^"]+","state":"${state}"`));
  expect(all).toContain('"to":"a•••@example.com"');
  expect(all).toContain('"event":"delivery.poison"');
  expect(all).not.toMatch(/482913|ada\d*@/);
});
