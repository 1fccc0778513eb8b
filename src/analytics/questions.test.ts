import { sql } from "drizzle-orm";
import postgres from "postgres";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { PANELS, questionSql } from "./questions";
import { readPanel } from "./snapshots";

const { url } = testDatabase();

const asked = {
  from: new Date(Date.now() - 86_400_000),
  to: new Date(),
  days: 90,
  hours: 24,
  limit: 10,
  minAttempts: 3,
  by: "purpose",
} as const;

test("a panel's SQL returns the same in every time zone, also across clock changes", async () => {
  const { id } = await account("live");
  // One code an hour, so that a day with wrong bounds or of 25 hours has another count.
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, attempts, created_at)
    select ${id}, 'a@example.com', 'sign-in', 3, date_trunc('hour', now()) + interval '30 minutes' - n * interval '1 hour' from generate_series(0, 2200) n`);
  const said: Record<string, unknown>[][][] = [];
  for (const zone of ["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Sydney"]) {
    const psql = postgres(url, { max: 1, connection: { TimeZone: zone } });
    said.push(await Promise.all(PANELS.map(async (panel) => [...(await psql.unsafe(questionSql(panel, asked)))])));
    await psql.end();
  }
  expect(said).toEqual(said.map(() => said[0]));
});

test("the funnel's SQL returns no times for a range without verified codes", async () => {
  const [row] = await db().execute(
    sql.raw(questionSql("funnel", { ...asked, from: new Date("2001-01-01"), to: new Date("2001-01-02") })),
  );
  expect(row).toMatchObject({ asked: "0", p50_seconds: null, p95_seconds: null });
});

test("the findings' SQL finds what the panel finds, and counts no code without an address", async () => {
  await db().execute(sql`insert into otp_verifications (ip_address, email)
    select '192.0.2.1', 'a' || n || '@example.com' from generate_series(1, 9) n union all select '192.0.2.1', null
    union all select '192.0.2.2', 'a' || n || '@example.com' from generate_series(1, 10) n`);
  const { data } = await readPanel<object[]>(db(), "suspicious");
  const rows = await db().execute(sql.raw(questionSql("suspicious", asked)));
  expect(data.filter((found) => "key" in found && String(found.key).startsWith("192"))).toEqual([
    { rule: "one address on many accounts", key: "192.0.2.2", count: 10 },
  ]);
  expect(rows.map(({ key }) => key)).toEqual(data.map((found) => "key" in found && found.key));
});
