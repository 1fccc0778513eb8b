import type { JobHelpers, Task } from "graphile-worker";
import { log } from "@/log";

/** Asks the queue to run the job again, later. Expected, and already told: it is not logged as a fault. */
export class RunAgain extends Error {
  override name = "RunAgain";
}

/**
 * A task whose faults are logged here, once and without a query's parameters. The queue stores the message of what
 * is thrown in its table, so what it gets says no more than where.
 */
export function task(name: string, run: (payload: unknown, helpers: JobHelpers) => Promise<void>): Task {
  return async (payload, helpers) => {
    try {
      await run(payload, helpers);
    } catch (fault) {
      if (fault instanceof RunAgain) throw fault;
      log().error({ event: "job.fault", task: name, job: helpers.job.id, err: fault });
      throw new Error(`${name} met a fault; the log says which`);
    }
  };
}
