import { setTimeout as sleep } from "node:timers/promises";
import { Logger, parseCronItems, type Runner, type RunnerOptions, run } from "graphile-worker";
import { prepareMail } from "@/delivery/mail";
import { deliverTask } from "@/delivery/queue";
import { env } from "@/env";
import { log } from "@/log";
import { deliverJob } from "./deliver";
import { firstAdminJob } from "./first-admin";
import { rescueJob } from "./rescue";
import { rollupJob } from "./rollup";
import { sweeps } from "./rounds";
import { sealJob } from "./seal";

const tasks = {
  [deliverTask]: deliverJob,
  rescue: rescueJob,
  rollup: rollupJob,
  firstAdmin: firstAdminJob,
  sealAudit: sealJob,
  ...sweeps,
};

const cron = [
  { task: "rescue", match: "* * * * *" },
  { task: "firstAdmin", match: "11 * * * *" },
  // One round at a time. The first round of a minute queues the second.
  { task: "rollup", match: "* * * * *", options: { queueName: "rollup", maxAttempts: 1, backfillPeriod: 0 } },
  { task: "sealAudit", match: "*/5 * * * *" },
  { task: "sweep", match: "7 * * * *" },
  { task: "forget", match: "23 3 * * *" },
  { task: "sweepTokens", match: "41 3 * * 0" },
];

/** The wait before a broken runner is replaced. It doubles after each failed restart. */
const restartMs = { first: 1000, most: 30_000 };

/**
 * Starts the job runner, and migrates the queue's own schema.
 * @returns when the runner takes jobs. `stop` gives running jobs 5 seconds to end, and may be called twice.
 * @throws if the database does not answer at the start. If it goes away later, the runner restarts when it is back.
 */
export async function startJobs(): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  await prepareMail();
  const runner = await start();
  await runner.addJob("firstAdmin", {}, { jobKey: "firstAdmin" });
  const stopped = keepRunning(runner, stopping.signal);
  return {
    stop() {
      stopping.abort();
      return stopped;
    },
  };
}

async function keepRunning(first: Runner, stopping: AbortSignal): Promise<void> {
  for (let runner: Runner | null = first; runner; runner = await restart(stopping)) {
    await Promise.race([broken(runner), aborted(stopping)]);
    if (!stopping.aborted) log().error({ event: "jobs.broken" });
    await runner.stop().catch(() => {}); // throws if it stopped by itself
  }
}

/** Starts a new runner as soon as the database answers. Null if the app is stopping. */
async function restart(stopping: AbortSignal): Promise<Runner | null> {
  for (let ms = restartMs.first; !stopping.aborted; ms = Math.min(2 * ms, restartMs.most)) {
    await sleep(ms, undefined, { signal: stopping }).catch(() => {}); // aborted
    if (stopping.aborted) break;
    try {
      return await start();
    } catch (fault) {
      log().error({ event: "jobs.restart", err: fault });
    }
  }
  return null;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function start(): Promise<Runner> {
  return run({
    connectionString: env().databaseUrl,
    taskList: tasks,
    parsedCronItems: parseCronItems(cron),
    concurrency: 5,
    pollInterval: 1000,
    noHandleSignals: true, // the process has its own way to stop
    logger: queueLogger,
  } satisfies RunnerOptions);
}

/**
 * Resolves when the runner or one of its workers has ended. Graphile Worker does not replace a worker that could not
 * report a job because the database went away. After five such losses, jobs would wait for ever without a log line.
 */
function broken(runner: Runner): Promise<void> {
  return new Promise((resolve) => {
    runner.events.once("worker:fatalError", () => resolve());
    runner.promise.then(resolve, () => resolve());
  });
}

const levels: Record<string, "debug" | "warn" | "error"> = { error: "error", warning: "warn" };

/** Logs the queue's messages without their metadata, which holds payloads. Failed jobs are logged by their tasks. */
const queueLogger = new Logger(() => (level, message, meta) => {
  log()[meta?.failure ? "debug" : (levels[level] ?? "debug")]({ event: "queue", message });
});
