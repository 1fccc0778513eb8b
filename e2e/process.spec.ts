import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { z } from "zod";

/** `npm start` as a process of the test's own, with all it says. */
type App = {
  process: ChildProcess;
  origin: string;
  dataDir: string;
  said: () => string;
  exited: Promise<number | null>;
};

const dirs: string[] = [];
const running = new Set<ChildProcess>();

async function start(port: number, env: Record<string, string> = {}, args: string[] = []): Promise<App> {
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-process-"));
  await chmod(dataDir, 0o711);
  dirs.push(dataDir);
  const settings = { PORT: String(port), DATA_DIR: dataDir, DELIVERY: "inbox", LOG_LEVEL: "info", ...env };
  const app = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(app);
  let said = "";
  for (const stream of [app.stdout, app.stderr]) stream.on("data", (chunk) => (said += chunk));
  const exited = once(app, "exit").then(([code]) => z.number().nullable().parse(code));
  return { process: app, origin: `http://localhost:${port}`, dataDir, said: () => said, exited };
}

const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

const ready = ({ origin }: App) => expect.poll(() => statusOf(`${origin}/api/ready`), { timeout: 60_000 }).toBe(200);

/** Processes that name the data directory: the app itself does not, its database and keeper do. */
function left({ dataDir }: App): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(commandLine).filter((line) => line.includes(dataDir));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // gone meanwhile
  }
}

const pidOfPostgres = ({ dataDir }: App) =>
  Number(readFileSync(join(dataDir, "postgres/postmaster.pid"), "utf8").split("\n")[0]);

test.afterAll(async () => {
  for (const app of running) app.kill("SIGKILL");
  for (const dir of dirs)
    await expect
      .poll(() =>
        rm(dir, { recursive: true, force: true }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
});

test("kill -9 of PostgreSQL is survived, and SIGTERM leaves nothing behind", async () => {
  const app = await start(4320);
  await ready(app);
  expect(app.said()).toContain("http://localhost:4320/signup");
  process.kill(pidOfPostgres(app), "SIGKILL");
  await expect.poll(() => statusOf(`${app.origin}/api/ready`), { intervals: [20] }).toBe(503);
  expect(await statusOf(`${app.origin}/api/health`)).toBe(200);
  await ready(app);
  app.process.kill("SIGTERM");
  expect(await app.exited).toBe(0);
  await expect.poll(() => left(app)).toEqual([]);
});

test("PostgreSQL killed under load, three times, leaves no connection dead and no SQL in the log", async () => {
  test.setTimeout(180_000); // PostgreSQL starts four times
  const limits = { IP_HOURLY_REQUESTS: "100000" };
  const app = await start(4325, limits);
  await ready(app);
  const ask = async () => {
    const body = JSON.stringify({ identifier: `${crypto.randomUUID()}@example.com` });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${app.origin}/api/trpc/signUp.requestCode`, { method: "POST", headers, body }).catch(
      () => null,
    );
    return answer?.status ?? 0;
  };
  for (let round = 0; round < 3; round++) {
    const load = setInterval(() => void ask(), 8);
    await new Promise((resolve) => setTimeout(resolve, 400));
    process.kill(pidOfPostgres(app), "SIGKILL");
    const page = await fetch(`${app.origin}/account`, { headers: { cookie: `latchkey_session=${"a".repeat(43)}` } });
    expect([200, 307, 503]).toContain(page.status);
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(load);
    await ready(app);
    // More at once than the pool has connections, twice: each is used.
    for (let burst = 0; burst < 2; burst++) {
      const statuses = await Promise.all(Array.from({ length: 40 }, ask));
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
    }
  }
  app.process.kill("SIGTERM");
  expect(await app.exited).toBe(0);
  expect(app.said()).not.toMatch(/Failed query|params:|select "/);
});

test("kill -9 of the app leaves nothing behind", async () => {
  const app = await start(4321);
  await ready(app);
  app.process.kill("SIGKILL");
  await expect.poll(() => left(app), { timeout: 15_000 }).toEqual([]);
});

test("what cannot start says why, all of it, and exits 1 (CFG-04)", async () => {
  const wrong = await start(4322, { PORT: "many", BASE_URL: "http://id.example.com", OTP_MAX_ATTEMPTS: "0" });
  expect(await wrong.exited).toBe(1);
  for (const name of ["PORT:", "BASE_URL:", "OTP_MAX_ATTEMPTS:"]) expect(wrong.said()).toContain(name);

  const first = await start(4323);
  await ready(first);
  const second = await start(4323);
  expect(await second.exited).toBe(1);
  expect(second.said()).toContain("Port 4323 is taken");
  await expect.poll(() => left(second)).toEqual([]);
  first.process.kill("SIGTERM");
  expect(await first.exited).toBe(0);
});

test("development starts, answers a page and a call, and ends", async () => {
  // It compiles each page and call when it is first asked for: half a minute each on a busy machine.
  test.setTimeout(300_000);
  const app = await start(4326, {}, ["--dev"]);
  const compiled = { timeout: 120_000 };
  await expect.poll(() => statusOf(`${app.origin}/signup`), compiled).toBe(200);
  await expect.poll(() => statusOf(`${app.origin}/api/trpc/account.me`), compiled).toBe(200);
  app.process.kill("SIGTERM");
  expect(await app.exited).toBe(0);
  await expect.poll(() => left(app)).toEqual([]);
});

const inbox = z.object({ result: z.object({ data: z.array(z.object({ text: z.string() })) }) });

test("the log has one line a request and nothing secret, whatever goes wrong (LOG-01)", async () => {
  const app = await start(4324);
  await ready(app);
  const ids: string[] = [];
  const cookies = new Map<string, string>();
  const call = async (procedure: string, input: unknown) => {
    const headers = {
      "content-type": "application/json",
      origin: app.origin,
      cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
    };
    const answer = await fetch(`${app.origin}/api/trpc/${procedure}`, {
      method: "POST",
      headers,
      body: JSON.stringify(input),
    });
    ids.push(answer.headers.get("x-request-id") ?? "");
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^(\w+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
      if (value) secrets.push(value);
    }
    return answer.status;
  };
  const identifier = "canary.person@example.com";
  const secrets = [
    identifier,
    "canary password one",
    "canary password two",
    "Canary Name",
    "999999",
    "canary-in-a-query",
  ];

  expect(await call("signUp.requestCode", { identifier })).toBe(200);
  const messages = async () => inbox.parse(await (await fetch(`${app.origin}/api/trpc/inbox.list`)).json()).result.data;
  await expect.poll(async () => (await messages()).length).toBe(1);
  const code = /^\d{6}$/m.exec((await messages())[0]?.text ?? "")?.[0] ?? "no code";
  secrets.push(code);
  expect(await call("signUp.verifyCode", { identifier, code: "999999" })).toBe(400);
  expect(await call("signUp.verifyCode", { identifier, code })).toBe(200);
  expect(await call("signUp.completeProfile", { name: "Canary Name", password: "canary password one" })).toBe(200);
  expect(await call("signIn.password", { identifier, password: "canary password two" })).toBe(401);
  expect(await call("signIn.password", { identifier, password: { not: "canary password one" } })).toBe(400);
  expect(await statusOf(`${app.origin}/signup/verify?token=canary-in-a-query`)).toBe(200);
  app.process.kill("SIGTERM");
  expect(await app.exited).toBe(0);

  const said = app.said();
  for (const secret of secrets) expect(said).not.toContain(secret);
  const requests = said
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === "request");
  for (const id of ids) expect(requests.filter(({ requestId }) => requestId === id)).toHaveLength(1);
  expect(requests.find(({ requestId }) => requestId === ids[1])).toMatchObject({
    method: "POST",
    path: "/api/trpc/signUp.verifyCode",
    status: 400,
    ip: "127.0.0.1",
    reasons: ["INVALID_CODE"],
  });
  expect(said).toContain('"event":"SIGNUP_OTP_VERIFICATION_FAILED","subject":"c•••@example.com"');
});
