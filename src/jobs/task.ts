import type { JobHelpers, Task } from "graphile-worker";
import { log } from "@/log";

/** Makes the queue run the job again later. It is expected and logged before, so it is not logged as a fault. */
export class RunAgain extends Error {
  override name = "RunAgain";
}

/**
 * A task whose faults are logged here, once and without a query's parameters. The queue stores the message of a thrown
 * error in its table, so that message names only the task.
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
