import { setTimeout as sleep } from "node:timers/promises";
import { Logger, parseCronItems, type Runner, type RunnerOptions, run } from "graphile-worker";
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
  // One at a time; the second round of a minute is queued by the first.
  { task: "rollup", match: "* * * * *", options: { queueName: "rollup", maxAttempts: 1, backfillPeriod: 0 } },
  { task: "sealAudit", match: "*/5 * * * *" },
  { task: "sweep", match: "7 * * * *" },
  { task: "forget", match: "23 3 * * *" },
  { task: "sweepTokens", match: "41 3 * * 0" },
];

/** How long to wait before a runner that broke is replaced; doubled each time in vain. */
const restartMs = { first: 1000, most: 30_000 };

/**
 * Starts the job runner, which also brings the queue's own schema up to date.
 * @returns when it is looking for jobs. `stop` lets running jobs end, for 5 seconds, and may be called twice.
 * @throws if the database does not answer now. If it goes away later, the runner comes back with it.
 */
export async function startJobs(): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
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
    await runner.stop().catch(() => {}); // throws if it has stopped itself
  }
}

/** A new runner as soon as the database answers, or null if there is to be none. */
async function restart(stopping: AbortSignal): Promise<Runner | null> {
  for (let ms = restartMs.first; !stopping.aborted; ms = Math.min(2 * ms, restartMs.most)) {
    await sleep(ms, undefined, { signal: stopping }).catch(() => {}); // woken early
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
 * Resolves when the runner has ended or one of its workers has. Graphile Worker never replaces a worker that could
 * not report a job as done because the database went away: five of those, and jobs would wait for ever, in silence.
 */
function broken(runner: Runner): Promise<void> {
  return new Promise((resolve) => {
    runner.events.once("worker:fatalError", () => resolve());
    runner.promise.then(resolve, () => resolve());
  });
}

const levels: Record<string, "debug" | "warn" | "error"> = { error: "error", warning: "warn" };

/** The queue's own words, without their metadata, which holds payloads. A failed job was told by its task already. */
const queueLogger = new Logger(() => (level, message, meta) => {
  log()[meta?.failure ? "debug" : (levels[level] ?? "debug")]({ event: "queue", message });
});
