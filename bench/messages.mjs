import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tsImport } from "tsx/esm/api";
import { root } from "../scripts/ensure.mjs";
import { migrate } from "../scripts/migrate.mjs";
import { joinPostgres } from "../scripts/postgres.mjs";
import { bareEnvironment } from "../scripts/processes.mjs";
import { median, quantile } from "./statistics.mjs";

const MESSAGES = 1_000;
const ROUNDS = 3;
const SINGLES = 30;
/** The benchmark fails if its messages take longer than this. */
const PATIENCE_MS = 60_000;

/**
 * Measures how many messages a second a worker sends from the queue to a provider that answers at once, and how long a
 * single message takes from its commit to the provider.
 * @type {import("./bench.mjs").Benchmark}
 */
export async function run(holding) {
  console.log("messages: preparing PostgreSQL, a stand-in provider and a worker …");
  const directory = await holding.hold(mkdtemp(join(tmpdir(), "latchkey-bench-")), (path) =>
    rm(path, { recursive: true }),
  );
  await chmod(directory, 0o711); // under root the server runs as another user, who must be able to enter the directory
  const database = await holding.hold(joinPostgres({ dataDir: join(directory, "data") }), ({ leave }) => leave());
  await migrate(database.url);
  /** @type {typeof import("../src/testing/resend-stand-in")} */
  const { startResendStandIn } = await tsImport("../src/testing/resend-stand-in.ts", import.meta.url);
  const provider = await holding.hold(startResendStandIn(), ({ stop }) => stop());
  const settings = {
    DATABASE_URL: database.url,
    APP_SECRET: randomBytes(32).toString("base64url"),
    BASE_URL: "http://localhost:3000",
    RESEND_API_KEY: "re_bench",
    RESEND_BASE_URL: provider.url,
    LOG_LEVEL: "error",
  };
  Object.assign(process.env, settings);
  /** @type {typeof import("../src/delivery/enqueue")} */
  const { enqueue } = await tsImport("../src/delivery/enqueue.ts", import.meta.url);
  /** @type {typeof import("../src/db/client")} */
  const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);
  await holding.hold(Promise.resolve(), closeDb);
  await holding.hold(startWorker({ ...bareEnvironment, ...settings }), stopWorker);

  const send = () =>
    db().transaction((tx) =>
      enqueue(tx, {
        channel: "email",
        to: `${randomBytes(6).toString("hex")}@example.com`,
        message: { template: "code", props: { purpose: "sign-up", code: "482913", expiresInSeconds: 600 } },
        decoy: false,
        expiresInSeconds: 600,
      }),
    );
  const arrived = async (/** @type {number} */ count) => {
    const end = performance.now() + PATIENCE_MS;
    while (provider.sent.length < count) {
      if (performance.now() > end) throw new Error(`${provider.sent.length} of ${count} messages were sent`);
      await sleep(2);
    }
  };

  await send();
  await arrived(1); // the first is slow, because the worker compiles the code that renders it
  /** @type {number[]} */
  const single = [];
  for (let i = 0; i < SINGLES; i++) {
    await send();
    const committed = performance.now();
    await arrived(i + 2);
    single.push(performance.now() - committed);
  }
  /** @type {number[]} */
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = provider.sent.length;
    const start = performance.now();
    for (let i = 0; i < MESSAGES; i += 20) await Promise.all(Array.from({ length: 20 }, send));
    await arrived(before + MESSAGES);
    rates.push(MESSAGES / ((performance.now() - start) / 1000));
  }
  return {
    title: `messages: ${MESSAGES} enqueued 20 at a time, sent by one worker to a provider that answers at once`,
    ratios: [],
    columns: ["worker"],
    rows: [
      ["messages a second", median(rates).toFixed(0)],
      ["commit to provider, p50 ms", median(single).toFixed(0)],
      ["commit to provider, p99 ms", quantile(single, 0.99).toFixed(0)],
    ],
    notes: [`Medians of ${ROUNDS} rounds and ${SINGLES} single messages. Enqueueing shares the processors.`],
  };
}

/** @param {NodeJS.ProcessEnv} env */
async function startWorker(env) {
  const worker = spawn(process.execPath, ["scripts/worker.mjs"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(worker.stdout, "data"); // the line that says it is at work
  return worker;
}

/** @param {import("node:child_process").ChildProcess} worker */
async function stopWorker(worker) {
  worker.kill("SIGTERM");
  if (worker.exitCode === null) await once(worker, "exit");
}
