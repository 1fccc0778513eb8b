import { log } from "@/log";
import { task } from "./task";

/**
 * Frees the jobs of workers that died. The queue itself would wait four hours, longer than a code lives. A try takes 10
 * seconds at most, so a delivery that is locked for 30 has lost its worker. If that worker is alive after all, the
 * provider knows the delivery's key and sends once. A locked roll-up blocks its queue; it is freed after five minutes.
 * Two rounds at the same time do no harm.
 */
export const rescueJob = task("rescue", async (_payload, { query }) => {
  const { rows } = await query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
       from graphile_worker.jobs
      where (task_identifier = 'deliver' and locked_at < now() - interval '30 seconds')
         or (task_identifier = 'rollup' and locked_at < now() - interval '5 minutes')
     having count(*) > 0`,
  );
  if (rows.length > 0) log().warn({ event: "jobs.rescued" });
});
