import { sql } from "drizzle-orm";
import { db } from "@/db/client";

const TABLES = ["users", "demo_users", "sessions"];

/**
 * Runs something while every transaction that writes an account or session fails at its commit. Rows that remain were
 * written in another transaction.
 */
export async function withoutCommit<T>(run: () => Promise<T>): Promise<T> {
  await db().execute(sql`
    create function fail_at_commit() returns trigger language plpgsql as $$ begin raise exception 'at commit'; end $$`);
  for (const table of TABLES)
    await db().execute(sql`
      create constraint trigger fail_at_commit after insert or update or delete on ${sql.identifier(table)}
      deferrable initially deferred for each row execute function fail_at_commit()`);
  try {
    return await run();
  } finally {
    await db().execute(sql`drop function fail_at_commit cascade`);
  }
}
