import { execFile } from "node:child_process";
import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { db } from "@/db/client";
import { requestCode } from "@/flows/sign-in";
import { testDatabase } from "@/testing/database";
import { account, browser, identifierOf } from "@/testing/people";
import { tablesOf } from "./backup/dump.mjs";
import { load } from "./backup/load.mjs";

const { url } = testDatabase();

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

async function emptyDatabase(): Promise<string> {
  const name = `latchkey_restore_${process.pid}_${made.length}`;
  await server`create database ${server(name)}`;
  made.push(name);
  return withName(name);
}

const run = async (script: "backup" | "restore", databaseUrl: string, file: string) => {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const ended = promisify(execFile)(process.execPath, [`scripts/${script}.mjs`, file], { env });
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (fault: { code: number; stdout: string; stderr: string }) => ({
      code: fault.code,
      said: fault.stdout + fault.stderr,
    }),
  );
};

/** Every row of every table, as text, in an order of its own. */
async function contents(databaseUrl: string): Promise<Record<string, string[]>> {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const all: Record<string, string[]> = {};
    for (const { table } of await tablesOf(client))
      all[table] = (await client`select t::text as row from ${client(table)} t order by 1`).map(({ row }) => row);
    return all;
  } finally {
    await client.end();
  }
}

const HOSTILE = 'Ada \\ "Ada" \t\n\r \u2028 \\. 😀 NULL \\N';

test("what was backed up is back: every row, every number given out, and what waited to be sent", async () => {
  for (const name of ["Ada", HOSTILE, "\\.", "\\N"]) await account("live", { name });
  await account("demo");
  const { email } = await account("live");
  await requestCode(identifierOf(email), "live", browser());
  await db().execute(sql`insert into audit_log (actor, action, result) values ('app', 'lockout', 'ok')`);
  // A number that was given out and whose row is gone.
  await db().execute(
    sql`insert into otp_verifications (email, created_at) values ('old@example.com', now() - interval '40 days')`,
  );
  await db().execute(sql`delete from otp_verifications where email = 'old@example.com'`);
  const before = await contents(url);

  const file = join(folder, "all.backup");
  expect(await run("backup", url, file)).toMatchObject({
    code: 0,
    said: expect.stringContaining("Keep APP_SECRET too"),
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(gunzipSync(await readFile(file)).toString()).not.toMatch(/\bAPP_SECRET\b/);

  const other = await emptyDatabase();
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
  // What guards the tables is on again.
  await expect(client`delete from audit_log`).rejects.toThrow();
  await client`update otp_verifications set attempts = 1, created_at = now() - interval '1 day'`;
  expect((await client`select from otp_late_changes`).length).toBeGreaterThan(0);
  await client.end();
});

test("a backup is of one instant, while the app goes on", async () => {
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
  const other = await emptyDatabase();
  await run("restore", other, file);
  const { deliveries = [], otp_verifications: codes = [] } = await contents(other);
  const pairs = (rows: string[]) => rows.filter((row) => row.includes("pair@example.com")).length;
  expect(pairs(codes)).toBeGreaterThan(0);
  expect(pairs(deliveries)).toBe(pairs(codes));
});

test("a database with rows, a cut or foreign file, and a file that is there are refused, and nothing changes", async () => {
  await account("live");
  const file = join(folder, "whole.backup");
  await run("backup", url, file);
  const before = await contents(url);
  expect(await run("restore", url, file)).toMatchObject({ code: 1, said: expect.stringContaining("not empty") });
  expect(await contents(url)).toEqual(before);
  expect(await run("backup", url, file)).toMatchObject({ code: 1, said: expect.stringContaining("there already") });
  // What lies in the way, a link to somewhere else at that, is neither written to nor taken away.
  const precious = join(folder, "precious");
  await writeFile(precious, "precious");
  await symlink(precious, join(folder, "way.backup.part"));
  expect(await run("backup", url, join(folder, "way.backup"))).toMatchObject({
    code: 1,
    said: expect.stringContaining("there already"),
  });
  expect(await readFile(precious, "utf8")).toBe("precious");
  expect((await lstat(join(folder, "way.backup.part"))).isSymbolicLink()).toBe(true);

  const other = await emptyDatabase();
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
  // By the command, which migrates the empty database; then what it calls, because each process takes two seconds.
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
