import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";

export const deliverTask = "deliver";

/**
 * How often the queue runs one job. The message must expire before the retries end: an invitation lives for 7 days, and
 * 50 runs take 10. (The queue's default of 25 takes less than 4.) A code of 10 minutes gets 6 tries.
 */
const maxAttempts = 50;

/** The queue's own wait after this many tries: e^n seconds, at most e^10, which is 6 hours. */
export function backOffSeconds(tries: number): number {
  return Math.ceil(Math.exp(Math.min(10, tries)));
}

/**
 * An expression that puts a delivery on the queue, for the caller's statement, so that both commit or neither. The key
 * allows one job for each delivery. If that job runs, a second call replaces its next run.
 * @param delaySeconds from now, by PostgreSQL's clock.
 */
export function addDeliverJob(deliveryId: SQLWrapper | string, delaySeconds = 0): SQL<boolean> {
  return sql<boolean>`graphile_worker.add_job(
    ${deliverTask}::text,
    json_build_object('deliveryId', ${deliveryId}::text),
    job_key => 'deliver:' || ${deliveryId}::text,
    max_attempts => ${maxAttempts}::int,
    run_at => now() + make_interval(secs => ${delaySeconds}::float8)
  ) is not null`;
}

/**
 * Puts a delivery on the queue again while its job runs. The running job gives up the key first. Otherwise, if the
 * queue has counted its worker as dead, the running job would be moved, and its end would delete it.
 */
export async function addDeliverJobAgain(tx: Tx, deliveryId: string, delaySeconds: number): Promise<void> {
  await tx.execute(sql`select graphile_worker.remove_job('deliver:' || ${deliveryId}::text)`);
  await tx.execute(sql`select ${addDeliverJob(deliveryId, delaySeconds)}`);
}
