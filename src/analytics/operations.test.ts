import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { operations } from "./operations";

testDatabase();

test("a job counts as waiting during its last attempt, and as given up once that has failed", async () => {
  await db().execute(sql`select graphile_worker.add_job('rollup', max_attempts => 1)`);
  await db().execute(
    sql`update graphile_worker._private_jobs set attempts = 1, locked_at = now(), locked_by = 'a worker'`,
  );
  expect((await operations(db())).jobs).toMatchObject([{ task: "rollup", waiting: 1, gaveUp: 0 }]);
  await db().execute(
    sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null, last_error = 'no'`,
  );
  expect((await operations(db())).jobs).toMatchObject([{ task: "rollup", waiting: 0, gaveUp: 1 }]);
});
