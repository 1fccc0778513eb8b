import { sql } from "drizzle-orm";
import journal from "../../drizzle/meta/_journal.json";
import type { Db } from "./client";

/**
 * Whether all migrations of this build have run and the queue's tables exist. Throws if the database does not answer.
 */
export async function readiness(db: Db): Promise<boolean> {
  const [tables] = await db.execute<{ ready: boolean }>(sql`
    select to_regclass('drizzle.__drizzle_migrations') is not null and to_regclass('graphile_worker.jobs') is not null as ready`);
  if (!tables?.ready) return false;
  const [migrations] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from drizzle.__drizzle_migrations`,
  );
  return (migrations?.count ?? 0) >= journal.entries.length;
}
