import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { db } from "@/db/client";
import { readInbox } from "@/delivery/inbox";
import { testDatabase } from "@/testing/database";
import { account, freshEmail } from "@/testing/people";

/*
 * Runs every documented command as a process. The tests of a script's functions cannot see that the script uses a
 * constant before it is set, that it exits with the wrong code, or that it never exits.
 */

const { url } = testDatabase();
const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

/** Commands that need a build or all tests to succeed. Other files run them as processes. */
const elsewhere: Record<string, { file: string; by: string }> = {
  start: { file: "e2e/process.spec.ts", by: "scripts/start.mjs" },
  dev: { file: "e2e/process.spec.ts", by: "--dev" },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ran = new Set<string>();
type Ended = { code: number; said: string };

/**
 * Runs `npm run NAME -- …args` to its end, in the project or in a folder like it. npm itself takes a third of the time of
 * most commands, so its part is done here: the script by a shell, that finds the packages' programs. The first time for
 * each command npm does it.
 */
async function npm(name: string, args: string[] = [], { env = {}, cwd = root } = {}): Promise<Ended> {
  const isFirst = !ran.has(name);
  ran.add(name);
  const [program, ...all] = isFirst
    ? ["npm", "run", "--silent", name, ...(args.length > 0 ? ["--", ...args] : [])]
    : ["sh", "-c", `${scripts[name]} "$@"`, "sh", ...args];
  const path = `${join(cwd, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      all,
      {
        cwd,
        env: { ...process.env, ...(isFirst ? {} : { PATH: path }), ...env },
        timeout: 100_000,
        killSignal: "SIGKILL",
      },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, said: `${stdout}${stderr}`.trim() }),
    );
  });
}

const usage = (ended: Ended, words: string, code = 1) => {
  expect(ended.said).toContain(words);
  expect(ended.said).not.toMatch(/\bat .*\.mjs:\d/); // no stack for a mistyped command
  expect(ended.code).toBe(code);
};

test("a script declares its constants before it starts its work", () => {
  for (const name of readdirSync(join(root, "scripts")).filter((file) => file.endsWith(".mjs"))) {
    const [, after] = readFileSync(join(root, "scripts", name), "utf8").split(/^await command\(/m);
    expect([name, after?.match(/^(?:export )?(?:const|let|class|await)\b.*/m)?.[0]]).toEqual([name, undefined]);
  }
});

test("db:migrate migrates a database once, and names a database that it cannot reach", async () => {
  const server = postgres(url, { max: 1, onnotice: () => {} });
  const name = `latchkey_commands_${process.pid}`;
  await server`create database ${server(name)}`;
  const other = new URL(url);
  other.pathname = name;
  try {
    for (let times = 0; times < 2; times += 1)
      expect(await npm("db:migrate", [], { env: { DATABASE_URL: other.href } })).toEqual({
        code: 0,
        said: "The database is up to date.",
      });
  } finally {
    await server`drop database ${server(name)} with (force)`;
    await server.end();
  }
  const nowhere = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
  usage(await npm("db:migrate", [], { env: nowhere }), "The database at 127.0.0.1:1 cannot be reached");
  usage(await npm("db:migrate", [], { env: { DELIVERY: "pigeon" } }), "DELIVERY: must be resend, smtp or inbox");
});

test("db:generate finds no difference between the schema and the migrations", async () => {
  const before = readdirSync(join(root, "drizzle"), { recursive: true, encoding: "utf8" }).toSorted();
  const { code, said } = await npm("db:generate");
  expect(said).toContain("No schema changes");
  expect(code).toBe(0);
  expect(readdirSync(join(root, "drizzle"), { recursive: true, encoding: "utf8" }).toSorted()).toEqual(before);
  usage(await npm("db:generate", ["--no-such-option"]), "no-such-option");
});

describe("db:seed, db:rollup", () => {
  test("fill an empty database and sum its codes, and refuse a database with accounts", async () => {
    const seeded = await npm("db:seed", ["--requests", "200", "--days", "3"]);
    expect(seeded.said).toMatch(/^200 codes of \d+ accounts over 3 days are in the ledger\./m);
    expect(seeded.said).toContain("The dashboard's sums are built.");
    expect(seeded.code).toBe(0);
    const [ledger] = await db().execute<{ n: number }>(sql`select count(*)::int as n from otp_verifications`);
    expect(ledger?.n).toBeGreaterThan(150); // random for each hour, and two attacks are added
    usage(await npm("db:seed", ["--requests", "200"]), "Seeding is for an empty one");
    usage(await npm("db:seed", ["--requests", "many"]), "Usage: npm run db:seed");

    const sums = () => db().execute(sql`select sum(asked)::int as n from otp_daily`);
    const [before] = await sums();
    await db().execute(sql`truncate otp_daily`);
    const rebuilt = await npm("db:rollup", ["--rebuild"]);
    expect(rebuilt.said).toMatch(/^\d+ codes were added to the dashboard's sums in [\d.]+ s\.$/);
    expect(rebuilt.code).toBe(0);
    expect(await sums()).toEqual([before]);
    expect(await npm("db:rollup")).toMatchObject({ code: 0, said: expect.stringContaining("codes were added") });
    usage(await npm("db:rollup", ["--anew"]), "Usage: npm run db:rollup");
  });
});

describe("db:backfill-user-id", () => {
  test("fills user_id in a table of document 000 by phone", async () => {
    const { id } = await account("live", { phoneNumber: "+918248449609", phoneVerified: true });
    await db().execute(sql`create table old_otps (s_no serial primary key, phone varchar(20), otp varchar(6),
      is_verified boolean default false, attempts int default 0, created_at timestamp default now())`);
    await db().execute(sql`insert into old_otps (phone, otp)
      values ('918248449609', '1234'), ('0091 8248449609', '1'), ('919999999999', '1234')`);
    const { code, said } = await npm("db:backfill-user-id", ["--table", "old_otps"]);
    expect(said.split("\n")).toEqual([
      "old_otps.user_id was missing: added the column, its index, its foreign key.",
      "2 rows were given their account by phone.",
      "1 rows of 1 phones have no account (919•••99).",
    ]);
    expect(code).toBe(0);
    expect(await db().execute(sql`select user_id from old_otps order by s_no`)).toEqual([
      { user_id: id },
      { user_id: id },
      { user_id: null },
    ]);
    // A second run changes nothing. Without a name the command works on the app's ledger.
    expect((await npm("db:backfill-user-id", ["--table", "old_otps"])).said).toMatch(/^0 rows were given/);
    expect(await npm("db:backfill-user-id")).toMatchObject({ code: 0 });
    await db().execute(sql`drop table old_otps`);
  });

  test("refuses a table without codes by its name, and prints its usage for wrong arguments", async () => {
    usage(await npm("db:backfill-user-id", ["--table", "nowhere"]), "There is no table nowhere with the columns");
    usage(await npm("db:backfill-user-id", ["old_otps"]), "Usage: npm run db:backfill-user-id");
    usage(await npm("db:backfill-user-id", ["--table", "a;drop"]), "Usage: npm run db:backfill-user-id");
  });
});

test("admin invites, grants, revokes, unlocks and resets; exits with 1 if refused, with 2 if misspelt", async () => {
  const invited = freshEmail();
  expect(await npm("admin", ["invite", invited])).toEqual({
    code: 0,
    said: `An invitation to ${invited} is on its way.`,
  });
  expect(await db().execute(sql`select invited_at is not null as yes from users where email = ${invited}`)).toEqual([
    { yes: true },
  ]);
  const { id, email } = await account("live", { password: "hashed" });
  const role = async () => (await db().execute(sql`select role from users where id = ${id}`))[0]?.role;
  expect(await npm("admin", ["grant", email])).toMatchObject({
    code: 0,
    said: expect.stringContaining("is an admin now"),
  });
  expect(await role()).toBe("ADMIN");
  expect(await npm("admin", ["revoke", email])).toMatchObject({
    code: 0,
    said: expect.stringContaining("ordinary user"),
  });
  expect(await role()).toBe("USER");
  await db().execute(sql`update users set locked_until = now() + interval '1 hour' where id = ${id}`);
  expect(await npm("admin", ["unlock", email])).toMatchObject({ code: 0, said: expect.stringContaining("is open") });
  expect(await db().execute(sql`select locked_until from users where id = ${id}`)).toEqual([{ locked_until: null }]);
  const reset = await npm("admin", ["reset", email]);
  expect(reset.said).toMatch(/^Pass this link on[^\n]*\nhttp:\/\/localhost:3000\/reset-password\?token=[\w-]{43}$/);
  expect(reset.code).toBe(0);

  for (const name of ["grant", "revoke", "unlock", "reset"]) {
    const refused = await npm("admin", [name, "nobody@example.com"]);
    expect([name, refused.code, refused.said.split("\n").length]).toEqual([name, 1, 1]);
  }
  usage(await npm("admin", ["grant", "no address"]), '"no address" is not an email address.');
  for (const args of [[], ["grand", email], ["grant"], ["grant", email, email], ["constructor", email]])
    usage(await npm("admin", args), "Usage: npm run admin", 2);
});

test("audit:verify passes a sealed log, and exits with 1 if the log was changed or cut off", async () => {
  await db().execute(
    sql`insert into audit_log (at, actor, action, result) values (now() - interval '1 hour', 'app', 'lockout', 'ok')`,
  );
  expect(await npm("audit:verify")).toMatchObject({
    code: 0,
    said: expect.stringContaining("All are as they were sealed."),
  });
  usage(await npm("audit:verify", ["1:0000"]), "the end of the chain was cut off");
  usage(await npm("audit:verify", ["a", "b"]), "Usage: npm run audit:verify");
});

test("db:backup writes the named file, and db:restore restores it into an empty database only", async () => {
  const file = join(folder, "all.backup");
  expect(await npm("db:backup", [file])).toMatchObject({ code: 0, said: expect.stringContaining("read back whole") });
  usage(await npm("db:backup", [file]), "is there already");
  usage(await npm("db:backup"), "Usage: npm run db:backup");
  usage(await npm("db:restore", [file]), "This database is not empty");
  usage(await npm("db:restore", [join(folder, "nowhere")]), "not empty");
  usage(await npm("db:restore"), "Usage: npm run db:restore");
  const server = postgres(url, { max: 1, onnotice: () => {} });
  const name = `latchkey_commands_restored_${process.pid}`;
  await server`create database ${server(name)}`;
  const other = new URL(url);
  other.pathname = name;
  try {
    const env = { DATABASE_URL: other.href };
    expect(await npm("db:restore", [file], { env })).toMatchObject({
      code: 0,
      said: expect.stringContaining("are back"),
    });
    const there = postgres(other.href, { max: 1 });
    const [users] = await there`select count(*)::int as n from users`;
    await there.end();
    expect([users]).toEqual(await db().execute(sql`select count(*)::int as n from users`));
  } finally {
    await server`drop database ${server(name)} with (force)`;
    await server.end();
  }
});

test("mail:test puts a message into the inbox, and exits with 1 without a valid address", async () => {
  const to = freshEmail();
  expect(await npm("mail:test", [to])).toEqual({
    code: 0,
    said: `The inbox has the test message to ${to}: see /dev/inbox. Nothing was sent.`,
  });
  expect((await readInbox()).map((message) => message.to)).toContain(to);
  usage(await npm("mail:test", ["ada"]), "npm run mail:test -- ada@example.com");
});

test("bench lists the benchmarks for an unknown name, before it builds anything", async () => {
  usage(await npm("bench", ["nothing"]), "There are: flow, messages, peer, analytics");
});

test("sbom lists the installed packages in the named file", async () => {
  const file = join(folder, "bill.json");
  const { code, said } = await npm("sbom", [file]);
  expect(said).toMatch(/^\d+ packages are listed in /);
  expect(code).toBe(0);
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ bomFormat: "CycloneDX" });
  usage(await npm("sbom"), "Usage: npm run sbom");
});

test("release:check fails with a message if the registry is away or never answers", async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const address = mute.address();
  const port = typeof address === "object" && address ? address.port : 0;
  for (const at of [1, port]) {
    const env = {
      npm_config_registry: `http://127.0.0.1:${at}/`,
      npm_config_fetch_retries: "0",
      npm_config_fetch_timeout: "1000",
      npm_config_cache: join(folder, `cache-${at}`),
    };
    const { code, said } = await npm("release:check", [], { env });
    expect(said).toContain("✗ no known flaw");
    expect(said).toContain("Not to be released.");
    expect(said).not.toContain("✓");
    expect(code).toBe(1);
  }
  mute.closeAllConnections();
  mute.close();
});

test("format formats files, and exits with 1 for one that it cannot parse", async () => {
  const project = join(folder, "project");
  mkdirSync(project);
  for (const file of ["package.json", "biome.json"]) cpSync(join(root, file), join(project, file));
  writeFileSync(join(project, ".gitignore"), "node_modules\n");
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  writeFileSync(join(project, "ugly.ts"), "export const a = {b:1 ,\n c : 'x' }");
  expect(await npm("format", [], { cwd: project })).toMatchObject({ code: 0 });
  expect(readFileSync(join(project, "ugly.ts"), "utf8")).toBe('export const a = { b: 1, c: "x" };\n');
  writeFileSync(join(project, "ugly.ts"), "export const = ;");
  expect((await npm("format", [], { cwd: project })).code).toBe(1);
});

test("test runs a step by its name, fails if the step fails, and lists the steps for an unknown name", async () => {
  const steps = "biome, typegen, types, oxlint, imports, unused, unit, build, attacks, browser, e2e";
  usage(await npm("test", ["nothing"]), `There is no step "nothing". The steps: ${steps}`);
  expect(await npm("test", ["imports", "--version"])).toMatchObject({
    code: 0,
    said: expect.stringMatching(/^[\d.]+\n✓ imports/m),
  });
  usage(await npm("test", ["imports", "--no-such-option"]), "npm test failed at: imports");
});

test("the step types generates the types of the routes first, which a fresh clone lacks", async () => {
  const { said } = await npm("test", ["types", "--version"]);
  expect(said).toMatch(/✓ typegen.*── types\nVersion .*✓ types/s);
});

test("test:long runs the same steps with LONG=1", async () => {
  const probe = join(folder, "probe.cjs");
  writeFileSync(probe, 'if (process.argv.includes("--version")) console.log("LONG is", process.env.LONG);');
  const env = { NODE_OPTIONS: `--require ${probe}`, LONG: "" };
  const long = await npm("test:long", ["imports", "--version"], { env });
  expect(long.said).toContain("✓ imports");
  expect(long.said).toContain("LONG is 1");
  expect((await npm("test", ["imports", "--version"], { env })).said).not.toContain("LONG is 1");
  usage(await npm("test:long", ["nothing"]), 'There is no step "nothing"');
});

test("faults plants the named fault and says whether it was found; exits with 1 for an unknown name", async () => {
  usage(await npm("faults", ["nothing"]), "There is no planted fault nothing.");
  // On the server that is there: starting one takes longer than the tests.
  expect(await npm("faults", ["REC-01"], { env: { TEST_DATABASE_URL: url } })).toMatchObject({
    code: 0,
    said: expect.stringContaining("1 of 1 planted faults were found"),
  });
});

describe("worker", () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  test("delivers queued messages until a signal, then exits with 0; exits with 1 without a database", async () => {
    ran.add("worker");
    expect(scripts.worker).toBe("node scripts/worker.mjs");
    const invited = freshEmail();
    await npm("admin", ["invite", invited]);
    // Started without npm, because a signal to npm alone would leave the worker running.
    child = spawn(process.execPath, ["scripts/worker.mjs"], {
      cwd: root,
      env: process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => {
        said += String(text);
      });
    await expect.poll(() => said, { timeout: 60_000 }).toContain("The job runner is at work.");
    await expect.poll(async () => (await readInbox()).map(({ to }) => to), { timeout: 60_000 }).toContain(invited);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    const { code } = await npm("worker", [], { env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" } });
    expect(code).toBe(1);
  });
});

// The last test, because it reads which commands the others have run.
test("every command of package.json is run in this file or is listed as tested elsewhere", () => {
  for (const [name, { file, by }] of Object.entries(elsewhere)) {
    expect(scripts[name]).toBeDefined();
    expect(readFileSync(join(root, file), "utf8"), name).toContain(by);
  }
  expect([...ran, ...Object.keys(elsewhere)].toSorted()).toEqual(Object.keys(scripts).toSorted());
});
