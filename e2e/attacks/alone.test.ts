import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { send } from "@/testing/send";
import { testSettings } from "@/testing/settings";
import { expectPlain } from "./installations";
import { raw } from "./raw";
import { type App, freePort, stopApp } from "./stage";

/*
 * The build, started by Next itself (`next start`): without the front door, which alone knows who calls. Its database
 * is a socket that only counts who comes.
 */
testSettings({});
let app: App;
let connections = 0;
const database = createServer((socket) => {
  connections += 1;
  socket.destroy();
});

describe.each([
  ["with its settings", true],
  ["without any settings", false],
])("next start, %s, answers 503 and names npm start (THR-05, HDR-04)", (_how, hasSettings) => {
  beforeAll(async () => {
    connections = 0;
    await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
    // `listen` on a port always yields an AddressInfo; only pipes give a string.
    const { port: databasePort } = database.address() as AddressInfo;
    const port = await freePort();
    const settings = {
      DATABASE_URL: `postgres://nobody@127.0.0.1:${databasePort}/none`,
      APP_SECRET: process.env.APP_SECRET,
      BASE_URL: "https://id.example.com",
      RESEND_API_KEY: "re_none",
      JOBS: "on",
    };
    const { PATH } = process.env;
    const child = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "-p", String(port)], {
      env: { PATH, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...(hasSettings ? settings : {}) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    app = { port, process: child, said: () => said };
    for (const end = Date.now() + 60_000; Date.now() < end && child.exitCode === null; await sleep(50))
      if (await send(port, "/").catch(() => null)) return;
    throw new Error(`next start does not answer:\n${said}`);
  }, 90_000);
  afterAll(async () => {
    await stopApp(app);
    database.close();
    await once(database, "close");
  });

  const expectRefused = async (path: string, sent: Parameters<typeof send>[2] = {}) => {
    const answer = await send(app.port, path, sent);
    expect([path, answer.status]).toEqual([path, 503]);
    if (sent.method !== "HEAD") expect(answer.body).toContain("npm start");
    expect(answer.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expectPlain(answer, hasSettings);
  };

  test.each([
    "/",
    "/signin",
    "/signin/",
    "/signup?next=/account",
    "/account",
    "/admin/users",
    "/nowhere",
    "/favicon.ico",
    "/icon.svg",
    "/_next/static/nowhere.js",
    "/_next/image?url=/icon.svg&w=16&q=1",
    "/_next/data/x/index.json",
    "/.well-known/change-password",
    "/api/health",
    "/api/ready",
    "/api/nowhere",
    "/api/trpc/account.me",
    "/api/%2e/trpc/account.me",
    "/dev/inbox",
    "//evil.example",
  ])("%s", async (path) => {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS", "DELETE"]) await expectRefused(path, { method });
  });

  test("whoever a client claims to be, on whatever Host, by whatever way past a proxy", async () => {
    for (let at = 0; at < 40; at += 1)
      await expectRefused("/api/trpc/signUp.requestCode", {
        method: "POST",
        headers: {
          host: ["evil.example", "localhost", `127.0.0.1:${app.port}`, "id.example.com"][at % 4] ?? "",
          "x-forwarded-for": `6.6.6.${at}`,
          "content-type": "application/json",
          "x-middleware-subrequest": Array(5).fill("src/proxy").join(":"),
        },
        body: JSON.stringify({ identifier: `${at}@example.com` }),
      });
    const upgrade =
      "GET /_next/webpack-hmr HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nHost: evil.example\r\n\r\n";
    expect(await raw(app.port, upgrade)).toMatchObject({ status: 503, body: expect.stringContaining("npm start") });
    expect((await raw(app.port, "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")).status).toBe(503);
  });

  test("it says so once in its output, starts no jobs and opens no connection", async () => {
    await sleep(1000);
    expect(app.said().match(/npm start/g)).toHaveLength(1);
    expect(connections).toBe(0);
  });
});
