import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { closeDb, db } from "@/db/client";
import { requestCode } from "@/flows/sign-in";
import { testDatabase } from "@/testing/database";
import { account, browser, identifierOf } from "@/testing/people";
import { dump } from "./backup/dump.mjs";
import { load } from "./backup/load.mjs";
import { ours } from "./backup/ours.mjs";

const { url } = testDatabase();

/** A migrated, empty database that others are copied from. */
const migrated = new URL(inject("templateUrl")).pathname.slice(1);

let folder: string;
let server: postgres.Sql;
const made: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-backup-"));
  server = postgres(withName("postgres"), { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  for (const name of made) await server`drop database ${server(name)} with (force)`;
  await server.end();
  await rm(folder, { recursive: true });
});

function withName(name: string): string {
  const other = new URL(url);
  other.pathname = name;
  return other.href;
}

/** A new empty database, or a copy of one that nobody is connected to. */
async function newDatabase(like?: string): Promise<string> {
  const name = `latchkey_restore_${process.pid}_${made.length}`;
  if (like) await closeDb();
  await server`create database ${server(name)} template ${server(like ?? "template1")}`;
  made.push(name);
  return withName(name);
}

const run = async (
  script: "backup" | "restore",
  databaseUrl: string,
  file: string,
  more: Record<string, string> = {},
) => {
  const env = { ...process.env, DATABASE_URL: databaseUrl, ...more };
  const ended = promisify(execFile)(process.execPath, [`scripts/${script}.mjs`, file], { env });
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (fault: { code: number; stdout: string; stderr: string }) => ({
      code: fault.code,
      said: fault.stdout + fault.stderr,
    }),
  );
};

/** Every row of every table of the app, as text, sorted. */
async function contents(databaseUrl: string): Promise<Record<string, string[]>> {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const all: Record<string, string[]> = {};
    for (const { table, columns } of await ours()) {
      const rows = await client`select (${client(columns)})::text as row from ${client(`public.${table}`)} order by 1`;
      all[table] = rows.map(({ row }) => row);
    }
    return all;
  } finally {
    await client.end();
  }
}

const HOSTILE = 'Ada \\ "Ada" \t\n\r \u2028 \\. 😀 NULL \\N';

test("a restore brings back every row, every sequence and the messages that waited to be sent", async () => {
  for (const name of ["Ada", HOSTILE, "\\.", "\\N"]) await account("live", { name });
  await account("demo");
  const { email } = await account("live");
  await requestCode(identifierOf(email), "live", browser());
  await db().execute(sql`insert into audit_log (actor, action, result) values ('app', 'lockout', 'ok')`);
  // A number of a sequence whose row was deleted.
  await db().execute(
    sql`insert into otp_verifications (email, created_at) values ('old@example.com', now() - interval '40 days')`,
  );
  await db().execute(sql`delete from otp_verifications where email = 'old@example.com'`);
  const before = await contents(url);

  const file = join(folder, "all.backup");
  const { code, said } = await run("backup", url, file);
  expect(said).toContain("Keep APP_SECRET too");
  expect(said).not.toContain("Not in the backup"); // the database holds only Latchkey's tables
  expect(code).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(gunzipSync(await readFile(file)).toString()).not.toMatch(/\bAPP_SECRET\b/);

  const other = await newDatabase();
  expect(await run("restore", other, file)).toMatchObject({ code: 0, said: expect.stringContaining("are back") });
  expect(await contents(other)).toEqual(before);

  const client = postgres(other, { max: 1, onnotice: () => {} });
  const [numbers] = await client`select nextval(pg_get_serial_sequence('otp_verifications', 's_no'))::int as next`;
  const [given] = await db().execute(
    sql`select nextval(pg_get_serial_sequence('otp_verifications', 's_no'))::int as next`,
  );
  expect(numbers).toEqual(given);
  const jobs = await client`select task_identifier, key from graphile_worker.jobs`;
  const [waiting] = await client`select id from deliveries where state = 'queued'`;
  expect(jobs).toMatchObject([{ task_identifier: "deliver", key: `deliver:${waiting?.id}` }]);
  // The triggers are enabled again.
  await expect(client`delete from audit_log`).rejects.toThrow();
  await client`update otp_verifications set attempts = 1, created_at = now() - interval '1 day'`;
  expect((await client`select from otp_late_changes`).length).toBeGreaterThan(0);
  await client.end();
});

test("a backup shows one instant while the app goes on writing", async () => {
  let isOver = false;
  const writing = (async () => {
    while (!isOver)
      await db().transaction(async (tx) => {
        const [made] = await tx.execute<{ id: string }>(
          sql`insert into deliveries (channel, template, recipient, expires_at) values ('email', 'code', 'pair@example.com', now()) returning id`,
        );
        await tx.execute(
          sql`insert into otp_verifications (email, delivery_id) values ('pair@example.com', ${made?.id})`,
        );
      });
  })();
  const file = join(folder, "busy.backup");
  const { code } = await run("backup", url, file);
  isOver = true;
  await writing;
  expect(code).toBe(0);
  const other = await newDatabase();
  await run("restore", other, file);
  const { deliveries = [], otp_verifications: codes = [] } = await contents(other);
  const pairs = (rows: string[]) => rows.filter((row) => row.includes("pair@example.com")).length;
  expect(pairs(codes)).toBeGreaterThan(0);
  expect(pairs(deliveries)).toBe(pairs(codes));
});

test("a database with rows, a damaged or foreign file and an existing file are refused and left alone", async () => {
  await account("live");
  const file = join(folder, "whole.backup");
  await run("backup", url, file);
  const before = await contents(url);
  expect(await run("restore", url, file)).toMatchObject({ code: 1, said: expect.stringContaining("not empty") });
  expect(await contents(url)).toEqual(before);
  expect(await run("backup", url, file)).toMatchObject({ code: 1, said: expect.stringContaining("there already") });
  // A link that has the name of the backup's temporary file is neither followed nor removed.
  const precious = join(folder, "precious");
  await writeFile(precious, "precious");
  await symlink(precious, join(folder, "way.backup.part"));
  expect(await run("backup", url, join(folder, "way.backup"))).toMatchObject({
    code: 1,
    said: expect.stringContaining("there already"),
  });
  expect(await readFile(precious, "utf8")).toBe("precious");
  expect((await lstat(join(folder, "way.backup.part"))).isSymbolicLink()).toBe(true);

  const other = await newDatabase();
  const text = gunzipSync(await readFile(file)).toString();
  const cut = text.slice(0, text.lastIndexOf('{"end"'));
  const files = {
    "unpacked.backup": text,
    "cut.backup": gzipSync(cut),
    "torn.backup": (await readFile(file)).subarray(0, 800),
    "newer.backup": gzipSync(text.replace('"migrations":', '"migrations":9')),
    "row-less.backup": gzipSync(text.replace(/\n[^\n]*\t[^\n]*\n\\\.\n/, "\n\\.\n")),
    "long.backup": gzipSync(`${text}more\n`),
    "column-less.backup": gzipSync(text.replace(/"columns":\[[^\]]*\]/, '"x":1')),
    "log-less.backup": gzipSync(
      text.replace(/\{"table":"audit_log"[\s\S]*?\n\\\.\n/, "").replace(/"audit_log":\d+,/, ""),
    ),
    "foreign.backup": gzipSync(text.replace('{"table":"', '{"table":"pg_')),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  // Once by the command, which migrates the empty database. Then by the function it calls: a process takes two seconds.
  expect(await run("restore", other, join(folder, "torn.backup"))).toMatchObject({
    code: 1,
    said: expect.stringMatching(/is no backup|cut off|damaged/),
  });
  for (const name of Object.keys(files)) {
    await expect(load(other, join(folder, name), "select 1", []), name).rejects.toThrow(
      /is no backup|cut off|damaged|version/,
    );
  }
  expect(await run("restore", other, join(folder, "nowhere"))).toMatchObject({
    said: expect.stringContaining("There is no file"),
  });
  expect(Object.values(await contents(other)).flat()).toEqual([]);
  expect(await run("restore", other, file)).toMatchObject({ code: 0 });
});

test("the schema has the same tables and columns as a migrated database", async () => {
  const columns = await db().execute<{ table: string; columns: string[] }>(sql`select table_name as table,
    array_agg(column_name::text) as columns from information_schema.columns
    where table_schema = 'public' group by 1 order by 1`);
  const known = (await ours()).map(({ table, columns }) => ({ table, columns: columns.toSorted() }));
  expect(known.toSorted((a, b) => (a.table < b.table ? -1 : 1))).toEqual(
    columns.map((row) => ({ ...row, columns: row.columns.toSorted() })),
  );
});

/** Objects that an operator may have added to the database, and the names that the backup gives them. */
const beside: Record<string, { sql: string[]; named: string[] }> = {
  "an old table of codes (document 000)": {
    sql: [
      "create table old_otps (s_no serial primary key, phone varchar(20), otp varchar(6), user_id uuid references users on delete cascade)",
      "insert into old_otps (phone, otp) values ('918248449609', '1234')",
    ],
    named: ["table old_otps"],
  },
  "a view, a materialized one and a sequence": {
    sql: [
      "create view people as select id, name from users",
      "create materialized view totals as select count(*) from otp_verifications",
      "create sequence tickets",
    ],
    named: ["view people", "view totals", "sequence tickets"],
  },
  "an extension with a table of its own": {
    sql: [
      "create extension hstore",
      "create table settings_of_it (k text)",
      "alter extension hstore add table settings_of_it",
    ],
    named: ["extension hstore", "table settings_of_it"],
  },
  "columns added by hand, one with a sequence": {
    sql: [
      "alter table users add column nickname text default 'nick'",
      "alter table users add column ticket serial",
      "alter table otp_slots add column note text",
    ],
    named: ["column users.nickname", "column users.ticket", "column otp_slots.note"],
  },
  "another schema, with a table named as ours": {
    sql: [
      'create schema "Crm"',
      'create table "Crm".users (id int)',
      'insert into "Crm".users values (1)',
      'create view "Crm".codes as select * from public.otp_verifications',
      'create function "Crm".one() returns int language sql as $$ select 1 $$',
    ],
    named: ["table Crm.users", "view Crm.codes", "function Crm.one"],
  },
  "functions, and triggers on our tables": {
    sql: [
      "create function shout() returns trigger language plpgsql as $$ begin new.name = upper(new.name); return new; end $$",
      "create trigger shouting before insert on demo_users for each row execute function shout()",
    ],
    named: ["function shout", "trigger shouting on demo_users"],
  },
};

test.each(Object.entries(beside))(
  "beside %s, what is ours comes back whole, and the rest is named",
  async (_, made) => {
    await account("live", { name: HOSTILE });
    await account("demo");
    const lying = await newDatabase(new URL(url).pathname.slice(1));
    const client = postgres(lying, { max: 1, onnotice: () => {} });
    for (const statement of made.sql) await client.unsafe(statement);
    await client.end();
    const before = await contents(lying);

    // Calls the commands' functions, because a process takes two seconds. The first case is run by the commands, below.
    const file = join(folder, `beside-${randomUUID()}.backup`);
    const { notOurs, tables } = await dump(lying, file, []);
    expect(notOurs.toSorted()).toEqual(made.named.toSorted());
    expect(tables).toBe((await ours()).length);

    const other = await newDatabase(migrated);
    await load(other, file, "select 1", []);
    expect(await contents(other)).toEqual(before);
  },
);

test("a backup names the objects that are not Latchkey's, and a restore leaves such objects as they are", async () => {
  const lying = await newDatabase(new URL(url).pathname.slice(1));
  const client = postgres(lying, { max: 1, onnotice: () => {} });
  for (const { sql } of Object.values(beside)) for (const statement of sql) await client.unsafe(statement);
  await client.end();
  const file = join(folder, "into.backup");
  const { code, said } = await run("backup", lying, file);
  const named = /^Not in the backup: (.*)\. These are not Latchkey's\.$/m.exec(said)?.[1]?.split(", ") ?? [];
  const all = Object.values(beside).flatMap((made) => made.named);
  expect(named.toSorted()).toEqual(all.toSorted());
  expect(said).toContain("which was read back whole");
  expect(code).toBe(0);

  const other = await newDatabase(migrated);
  const there = postgres(other, { max: 1, onnotice: () => {} });
  await there`create table old_otps (phone text)`;
  await there`insert into old_otps values ('918248449609')`;
  expect(await run("restore", other, file)).toMatchObject({ code: 0, said: expect.stringContaining("are back") });
  expect(await there`select phone from old_otps`).toEqual([{ phone: "918248449609" }]);
  await there.end();
  expect(await contents(other)).toEqual(await contents(lying));
});

test("a backup of a database without one of Latchkey's tables or columns fails and names it", async () => {
  const lacking = await newDatabase(new URL(url).pathname.slice(1));
  const client = postgres(lacking, { max: 1, onnotice: () => {} });
  await client`alter table users drop column zip`;
  await client`drop table otp_snapshots`;
  await client.end();
  const file = join(folder, "lacking.backup");
  await expect(dump(lacking, file, [])).rejects.toThrow(
    /lacks what this version keeps: users\.zip, otp_snapshots\.key/,
  );
  await expect(lstat(file)).rejects.toThrow("ENOENT");
  await expect(lstat(`${file}.part`)).rejects.toThrow("ENOENT");
});

test("a backup whose file cannot be read back fails and removes the file", async () => {
  // A disk changes one bit, or loses the end.
  const disk = (fault: string) =>
    `data:text/javascript,${encodeURIComponent(`
    import zlib from "node:zlib";
    import { syncBuiltinESMExports } from "node:module";
    const { createGzip } = zlib;
    Object.defineProperty(zlib, "createGzip", { value: () => {
      const packed = createGzip();
      const push = packed.push.bind(packed);
      packed.push = (chunk) => { ${fault} };
      return packed;
    } });
    syncBuiltinESMExports();`)}`;
  const faults = {
    "a bit":
      "if (chunk?.length > 50) { chunk = Buffer.from(chunk); chunk[chunk.length - 20] ^= 1; } return push(chunk);",
    "the end": "return push(chunk && chunk.subarray(0, chunk.length - 9));",
  };
  for (const [name, fault] of Object.entries(faults)) {
    const file = join(folder, `${name}.backup`);
    const { code, said } = await run("backup", url, file, { NODE_OPTIONS: `--import=${disk(fault)}` });
    expect([name, said]).toEqual([name, expect.stringContaining("does not read back, and was removed")]);
    expect(said).not.toContain("rows of");
    expect(code).toBe(1);
    await expect(lstat(file)).rejects.toThrow("ENOENT");
    await expect(lstat(`${file}.part`)).rejects.toThrow("ENOENT");
  }
});
