import { sql } from "drizzle-orm";
import { BUCKETS } from "@/db/schema/rollups";

/** The upper edges, in seconds, of all buckets but the last. A percentile is the upper edge of its bucket. */
export const EDGES = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 240, 300, 420, 600, 900, 1200,
  1800, 2700, 3600,
] as const;

/** The bucket of the time from asking to verifying. `extract` takes twice as long, because it returns a numeric. */
export const bucketOf = sql.raw(
  `width_bucket(greatest(0, date_part('epoch', verified_at - created_at)), array[${EDGES.join(",")}]::float8[])`,
);

export const BUCKET_COLUMNS = Array.from({ length: BUCKETS }, (_, at) => `h${at}`);

/** The seconds within which this share of the verified codes was verified; null without codes. */
export function percentile(histogram: number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  const at = histogram.findIndex((count) => {
    seen += count;
    return seen >= share * total;
  });
  return EDGES[at] ?? EDGES[EDGES.length - 1] ?? null;
}
