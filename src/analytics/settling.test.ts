import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { closeDb, db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { funnel } from "./funnel";
import { rebuild, roll } from "./roll";

const { url } = testDatabase();
let other: postgres.Sql;

/** Rounds find `now` in `later` first, ten minutes ahead of the ledger's triggers. */
beforeAll(async () => {
  await db().execute(sql`create schema later`);
  await db().execute(sql`create function later.now() returns timestamptz stable language sql
    as $$ select pg_catalog.now() + interval '10 minutes' $$`);
  await db().execute(
    sql`do $$ begin execute format('alter database %I set search_path = later, pg_catalog, public', current_database()); end $$`,
  );
  await closeDb();
  other = postgres(url, { max: 1 });
});
afterAll(() => other.end());
beforeEach(() => db().execute(sql`truncate otp_verifications, otp_roll, otp_late_changes, otp_snapshots cascade`));

const verified = async () =>
  (await funnel(db(), { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) }, {})).verified;

const code = () =>
  db().execute(sql`insert into otp_verifications (email, purpose, channel, created_at)
    values ('a@example.com', 'sign-in', 'email', pg_catalog.now() - interval '4 minutes 59 seconds')`);

test.each([
  ["round", roll],
  ["rebuild", rebuild],
])("the change of a long transaction is counted after its commit, though a %s ran before", async (_name, round) => {
  await code();
  await other.unsafe("begin");
  // Too young for the trigger to note the change.
  await other.unsafe("update otp_verifications set is_verified = true, verified_at = clock_timestamp()");
  await round(db());
  expect(await verified()).toBe(0);
  await other.unsafe("commit");
  await roll(db());
  expect(await verified()).toBe(1);
  expect(await db().$count(sql`otp_late_changes`)).toBe(0);
});

test("a change is noted by the time of its statement, not of its transaction", async () => {
  await code();
  await roll(db());
  await other.unsafe("begin");
  await other.unsafe("select 1");
  await sleep(1100);
  await other.unsafe("update otp_verifications set is_verified = true, verified_at = clock_timestamp()");
  await other.unsafe("commit");
  expect(await db().$count(sql`otp_late_changes`)).toBe(2);
  await roll(db());
  expect(await verified()).toBe(1);
});

test("two first rounds and a rebuild at once count each code once", async () => {
  await code();
  await Promise.all([roll(db()), rebuild(db()), roll(db())]);
  expect(await db().execute(sql`select asked from otp_days`)).toMatchObject([{ asked: 1 }]);
});
