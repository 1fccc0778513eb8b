import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roll } from "@/analytics/roll";
import { closeDb, db } from "@/db/client";
import { register } from "@/flows/registration";
import { startJobs } from "@/jobs/runner";
import { testDatabase } from "@/testing/database";
import { browser, freshEmail, queuedMessage } from "@/testing/people";
import journal from "../drizzle/meta/_journal.json";
import { migrate } from "./migrate.mjs";

const { url } = testDatabase();
const name = `latchkey_app_${randomBytes(4).toString("hex")}`;
const appUrl = new URL(url);
appUrl.username = name;
appUrl.password = "app";
const owner = postgres(url, { max: 1, onnotice: () => {} });

beforeAll(async () => {
  await owner.unsafe(`create role ${name} login password 'app'`);
  await migrate(url, appUrl.href);
  process.env.DATABASE_URL = appUrl.href;
});
afterAll(async () => {
  await closeDb();
  await owner.unsafe(`drop owned by ${name}`);
  await owner.unsafe(`drop role ${name}`);
  await owner.end();
});

test("the app's role has the rights to register people and to run jobs", async () => {
  const address = freshEmail();
  expect(await register(address, { password: "blue otter lamp chair", name: null }, browser())).toMatchObject({
    ok: true,
  });
  expect(await queuedMessage(address)).toMatchObject({ template: "code" });
  const jobs = await startJobs();
  await expect.poll(() => queuedMessage(address), { timeout: 20_000 }).toBeNull();
  await jobs.stop();
});

test.each([
  "update audit_log set reason = 'nothing happened'",
  "delete from audit_log",
  "truncate audit_log",
  "alter table audit_log disable trigger audit_log_append_only",
  "drop trigger audit_log_append_only on audit_log",
  "drop table audit_log",
])("the app's role can read and add audit entries, but is refused: %s (LOG-05)", async (statement) => {
  await db().execute("insert into audit_log (actor, action, result) values ('app', 'session.start', 'ok')");
  await expect(db().execute(statement)).rejects.toMatchObject({ cause: { code: "42501" } });
  expect(await db().execute("select from audit_log")).not.toHaveLength(0);
});

test("the owner of the tables cannot update or delete audit entries while the triggers are enabled", async () => {
  await expect(owner`update audit_log set reason = 'nothing happened'`).rejects.toThrow("append-only");
  await expect(owner`delete from audit_log`).rejects.toThrow("append-only");
});

test("a roll-up by the app's role stops before an open transaction of the owner, whose start it cannot see", async () => {
  const settledTo = async () =>
    (await db().execute<{ at: string }>("select settled_to::text as at from otp_roll"))[0]?.at;
  await roll(db());
  const before = await settledTo();
  await owner.unsafe("begin");
  await owner`insert into otp_verifications (email) values ('a@example.com')`;
  await roll(db());
  expect(await settledTo()).toBe(before);
  await owner.unsafe("commit");
  await roll(db());
  expect(await settledTo()).not.toBe(before);
});

test("a migration names the role of DATABASE_URL if that role does not exist", async () => {
  const stranger = new URL(appUrl);
  stranger.username = "nobody_at_all";
  await expect(migrate(url, stranger.href)).rejects.toThrow('there is no role "nobody_at_all"');
});

test("the app's role owns no table, cannot change one and is a member of no other role (DAT-06)", async () => {
  const [role] =
    await owner`select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = ${name}`;
  expect(role).toEqual({ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false });
  expect(await owner`select from pg_class where relowner = ${name}::regrole`).toHaveLength(0);
  expect(await owner`select from pg_auth_members where member = ${name}::regrole`).toHaveLength(0);
  for (const statement of [
    "create table planted (id int)",
    "alter table users add column planted int",
    "drop table sessions",
    "truncate users",
    "create index planted on users (name)",
    "drop trigger audit_log_append_only on audit_log",
    "create function planted() returns int language sql as 'select 1'",
  ])
    await expect(db().execute(statement), statement).rejects.toMatchObject({ cause: { code: "42501" } });
});

test("migrations that start at the same time on an empty database are applied once (DAT-06)", async () => {
  const empty = new URL(url);
  empty.pathname = `${name}_empty`;
  await owner.unsafe(`create database ${name}_empty`);
  try {
    await Promise.all([migrate(empty.href), migrate(empty.href), migrate(empty.href)]);
    const sql = postgres(empty.href, { max: 1, onnotice: () => {} });
    const done = await sql`select hash from drizzle.__drizzle_migrations`;
    await sql.end();
    expect(done).toHaveLength(journal.entries.length);
    expect(new Set(done.map(({ hash }) => hash)).size).toBe(done.length);
  } finally {
    await owner.unsafe(`drop database ${name}_empty with (force)`);
  }
});
