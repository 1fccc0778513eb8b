import { log } from "@/log";
import { task } from "./task";

/**
 * Frees the jobs of workers that died at work. The queue itself waits four hours for them; a code does not live that
 * long. A try takes 10 seconds at most, so a delivery held for 30 has lost its worker; should it be alive after all,
 * the provider knows the delivery's key and sends once. A round of the roll-up holds its queue, where no other begins
 * before; should it be at work still after five minutes, two at once do no harm.
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
