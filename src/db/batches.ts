/** How many rows one transaction deletes or rewrites: few enough that nobody waits for them. */
const BATCH = 500;

/**
 * Repeats a piece of work until it finds less than a whole batch to do.
 * @param some does up to `batch` rows and says how many it did
 * @returns how many rows in all
 */
export async function inBatches(some: (batch: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = BATCH; count === BATCH; total += count) count = await some(BATCH);
  return total;
}
