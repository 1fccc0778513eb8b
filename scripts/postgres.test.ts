import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, expect, test } from "vitest";
import { joinPostgres } from "./postgres.mjs";
import { bornAt, gone } from "./processes.mjs";

const GONE_MS = 5_000;

// Every test starts the same cluster anew: making one takes longer than all the rest.
const dataDir = await mkdtemp(join(tmpdir(), "latchkey-postgres-"));
// Under root the server runs as another user, who has to pass through.
await chmod(dataDir, 0o711);
const clients: ChildProcess[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.kill("SIGKILL");
  await expectNothingRuns();
});
afterAll(() => rm(dataDir, { recursive: true }));

const joinHere = () => joinPostgres({ dataDir, fast: true });

/** The keeper and the server, by what they have written down; both may be gone. */
function running(): { keeper: number; server: number } {
  const pidFile = join(dataDir, "postgres/postmaster.pid");
  return {
    keeper: JSON.parse(readFileSync(join(dataDir, "keeper.json"), "utf8")).pid,
    server: existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, "utf8"), 10) : 0,
  };
}

async function expectNothingRuns() {
  const { keeper, server } = running();
  expect(await gone(keeper, GONE_MS), "the keeper is gone").toBe(true);
  if (server) expect(await gone(server, GONE_MS), "the server is gone").toBe(true);
}

/** Another process that joins and stays; resolves to its URL. */
async function joinInChild(): Promise<{ child: ChildProcess; url: string }> {
  const program = `
    import { joinPostgres } from ${JSON.stringify(new URL("postgres.mjs", import.meta.url).href)};
    const { url } = await joinPostgres({ dataDir: process.argv[1], fast: true });
    console.log(url);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  clients.push(child);
  const [line] = await once(child.stdout, "data");
  return { child, url: String(line).trim() };
}

async function kill(child: ChildProcess) {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Asks until the server answers: after a crash it takes connections again a moment later. */
async function ask(url: string, statement = "select 1 as answer"): Promise<unknown> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
    try {
      const [row] = await sql.unsafe(statement);
      return row?.answer;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await sql.end();
    }
  }
}

async function keep(url: string, answer: number) {
  await ask(url, `drop table if exists kept; create table kept as select ${answer} as answer`);
}

test("first starts at once make one cluster and share it", async () => {
  const joined = await Promise.all([joinHere(), joinHere(), joinInChild(), joinInChild()]);
  expect(new Set(joined.map(({ url }) => url)).size).toBe(1);
  const [one, two, three] = joined;
  await one.leave();
  await kill(three.child);
  expect(await ask(two.url)).toBe(1);
  await two.leave();
  expect((await readdir(dataDir)).filter((name) => name.includes(".new-"))).toEqual([]);
});

test("answers a query, keeps its port for the next start, and leaves nothing behind", async () => {
  const first = await joinHere();
  expect(await ask(first.url)).toBe(1);
  await first.leave();
  await expectNothingRuns();
  const second = await joinHere();
  expect(second.url).toBe(first.url);
  await second.leave();
});

test("refuses a wrong password, and keeps the right one to its owner", async () => {
  const { url, leave } = await joinHere();
  const wrong = new URL(url);
  wrong.password = "wrong";
  const sql = postgres(wrong.href, { max: 1 });
  await expect(sql`select 1`).rejects.toMatchObject({ code: "28P01" });
  await sql.end();
  const { password } = new URL(url);
  const { keeper, server } = running();
  for (const pid of [keeper, server].filter(() => process.platform === "linux")) {
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(password);
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain(password);
  }
  expect(readFileSync(join(dataDir, "postgres.log"), "utf8")).not.toContain(password);
  await leave();
});

test("starts again at the same URL when the server is killed", async () => {
  const { url, leave } = await joinHere();
  await keep(url, 7);
  const { server } = running();
  process.kill(server, "SIGKILL");
  await gone(server, GONE_MS);
  expect(await ask(url, "select answer from kept")).toBe(7);
  expect(running().server).not.toBe(server);
  await leave();
});

test("stops when its last client is killed", async () => {
  const one = await joinInChild();
  const { keeper } = running();
  const two = await joinInChild();
  await kill(one.child);
  expect(await ask(two.url)).toBe(1);
  expect(bornAt(keeper)).toBeDefined();
  await kill(two.child);
  await expectNothingRuns();
});

test("a new keeper takes over when the keeper is killed", async () => {
  const { url, leave } = await joinHere();
  const before = running();
  process.kill(before.keeper, "SIGKILL");
  expect(await gone(before.server, GONE_MS), "the orphaned server is stopped").toBe(true);
  expect(await ask(url)).toBe(1);
  expect(running().keeper).not.toBe(before.keeper);
  await leave();
});

test("leaving at the moment the keeper is killed still stops the server", async () => {
  const { leave } = await joinHere();
  const { keeper, server } = running();
  process.kill(keeper, "SIGKILL");
  await leave();
  expect(await gone(server, GONE_MS)).toBe(true);
});

test("starts with its data intact after everything was killed", async () => {
  const { child, url } = await joinInChild();
  await keep(url, 8);
  const { keeper, server } = running();
  for (const pid of [keeper, server]) process.kill(pid, "SIGKILL");
  await kill(child);
  const again = await joinHere();
  expect(again.url).toBe(url);
  expect(await ask(again.url, "select answer from kept")).toBe(8);
  await again.leave();
});

test("starts with its data intact when only the server has survived", async () => {
  const { child, url } = await joinInChild();
  await keep(url, 9);
  const { keeper, server } = running();
  process.kill(keeper, "SIGKILL");
  await kill(child);
  expect(bornAt(server)).toBeDefined();
  const again = await joinHere();
  expect(await ask(again.url, "select answer from kept")).toBe(9);
  expect(running().server).not.toBe(server);
  await again.leave();
});

test.runIf(process.getuid?.() === 0)("under root, in a directory that the server's user cannot reach", async () => {
  const closed = await mkdtemp(join(tmpdir(), "latchkey-postgres-"));
  const first = await joinPostgres({ dataDir: closed, fast: true });
  const cluster = readFileSync(join(closed, "postgres-elsewhere"), "utf8");
  await keep(first.url, 1);
  await first.leave();
  const second = await joinPostgres({ dataDir: closed, fast: true });
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, "select answer from kept")).toBe(1);
  await second.leave();
  await rm(dirname(cluster), { recursive: true });
  await rm(closed, { recursive: true });
});
