import { sql } from "drizzle-orm";
import type { JobHelpers } from "graphile-worker";
import { expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { log } from "@/log";
import { testDatabase } from "@/testing/database";
import { sweeps } from "./rounds";

testDatabase();

/** Everything that is logged. */
const told: Record<string, unknown>[] = [];
for (const level of ["info", "error"] as const)
  vi.spyOn(log(), level).mockImplementation((line: unknown) => {
    told.push({ level, ...Object(line) });
  });

const helpers = { job: { id: "1" } } as unknown as JobHelpers; // a task reads nothing else of it

test("DAT-03: a round logs each failed step once with a count, names the failed steps in its own line, and its job is done", async () => {
  await sweeps.sweep({}, helpers);
  expect(told.splice(0)).toEqual([
    expect.objectContaining({ level: "info", event: "sweep", unproven: 0, lockouts: 0 }),
  ]);

  await db().execute(
    sql`create function refuse_all() returns trigger language plpgsql as $$ begin raise exception 'poisoned'; end $$`,
  );
  await db().execute(sql`create trigger poison before delete on users for each row execute function refuse_all()`);
  await db().execute(sql`insert into users (email, created_at)
    select n || '@example.com', now() - interval '3 days' from generate_series(1, 3) n`);
  await db().execute(sql`alter table lockouts rename to lockouts_gone`);
  await expect(sweeps.sweep({}, helpers)).resolves.toBeUndefined();
  const faults = told.filter(({ event }) => event === "sweep.fault");
  expect(faults).toEqual([
    expect.objectContaining({ level: "error", task: "sweep", step: "lockouts", times: 1, err: expect.anything() }),
    expect.objectContaining({ level: "error", task: "sweep", step: "unproven", times: 3, err: expect.anything() }),
  ]);
  // The last line is the round's own, with the counts and the failed steps.
  expect(told.at(-1)).toMatchObject({ level: "error", event: "sweep", sessions: 0, failed: ["lockouts", "unproven"] });
  expect(told).toHaveLength(3);
});
