import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";

/** The name of the task that delivers. */
export const deliverTask = "deliver";

/**
 * How often the queue runs one job. What ends retrying must be the message's expiry: an invitation lives for 7 days,
 * and 50 runs span 10. (The queue's own 25 span not quite 4.) A code of 10 minutes gets 6 tries.
 */
const maxAttempts = 50;

/** For how long the queue itself waits after so many tries: e^n seconds, at most e^10, which is 6 hours. */
export function backOffSeconds(tries: number): number {
  return Math.ceil(Math.exp(Math.min(10, tries)));
}

/**
 * Puts a delivery on the queue, as an expression for a statement of the caller's, so that both commit or neither.
 * The key makes it one job a delivery: adding it again while it runs replaces the run to come.
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
 * Puts a delivery that is being tried on the queue once more. The job that tries it gives up its place first: if the
 * queue has taken its worker for dead, to add a job would move that one, and its end would delete it.
 */
export async function addDeliverJobAgain(tx: Tx, deliveryId: string, delaySeconds: number): Promise<void> {
  await tx.execute(sql`select graphile_worker.remove_job('deliver:' || ${deliveryId}::text)`);
  await tx.execute(sql`select ${addDeliverJob(deliveryId, delaySeconds)}`);
}
