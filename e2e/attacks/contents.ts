import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { db } from "@/db/client";

/**
 * Everything the database holds, as one digest for each table, the queue's too: what a refused request must leave as
 * it was. Sums and counts would miss a charge beside a refund.
 */
export async function contents(): Promise<Record<string, string>> {
  const tables = await db().execute<{ name: string }>(sql`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1`);
  const digests = tables.map(
    ({ name }) => `select '${name}' as name, md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest
      from ${name} t`,
  );
  const rows = await db().execute<{ name: string; digest: string }>(sql.raw(digests.join(" union all ")));
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

/** Runs an attack, and holds that nothing was charged, written or queued by it. */
export async function inVain(attack: () => Promise<{ status: number }>, status: number | number[]): Promise<void> {
  const before = await contents();
  const answer = await attack();
  expect([status].flat()).toContain(answer.status);
  expect(await contents()).toEqual(before);
}
