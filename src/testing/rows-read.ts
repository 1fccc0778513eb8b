import { sql } from "drizzle-orm";
import { expect, vi } from "vitest";
import { closeDb, db } from "@/db/client";

/** Runs something and returns how many rows PostgreSQL read of each table for it. */
export async function rowsReadBy(run: () => Promise<unknown>): Promise<Map<string, number>> {
  const before = await rowsRead();
  await run();
  return new Map([...(await rowsRead())].map(([name, read]) => [name, read - (before.get(name) ?? 0)]));
}

/** How many rows were read of each table so far. What a connection has read is known once it is closed. */
async function rowsRead(): Promise<Map<string, number>> {
  await closeDb();
  const open = sql`select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid()`;
  await vi.waitFor(async () => expect(await db().execute(open)).toHaveLength(0), { timeout: 30_000 });
  const rows = await db().execute<{ name: string; read: string }>(sql`
    select relname as name, seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_user_tables`);
  return new Map(rows.map(({ name, read }) => [name, Number(read)]));
}
