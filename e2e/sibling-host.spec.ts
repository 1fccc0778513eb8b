import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, expect, type Page, test } from "playwright/test";
import { z } from "zod";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { PASSWORD } from "./fixtures";
import { tlsProxy } from "./tls/proxy";

/**
 * An installation as the public uses it, over TLS and with cookies named `__Host-`, and a sibling host without TLS that
 * an attacker has. It may set cookies for the whole site, under any name but ours.
 */
test.describe.configure({ mode: "default" });
test.use({
  ignoreHTTPSErrors: true,
  launchOptions: {
    executablePath: process.env.CHROMIUM_PATH,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--ignore-certificate-errors",
      "--host-resolver-rules=MAP *.site.example 127.0.0.1",
    ],
  },
});

let origin = "";
let evil = "";
/** The lines that the sibling host sets its cookies with. */
let planted: string[] = [];
let proxy: Awaited<ReturnType<typeof tlsProxy>>;
let mail: Awaited<ReturnType<typeof startResendStandIn>>;
let sibling: Server;
let app: ChildProcess;

const portOf = async (server: Server) => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  // `listen` on a port always yields an AddressInfo; only pipes give a string.
  return (server.address() as AddressInfo).port;
};

test.beforeAll(async () => {
  const free = createServer();
  const appPort = await portOf(free);
  free.close();
  proxy = await tlsProxy(() => appPort);
  mail = await startResendStandIn();
  sibling = createServer((_req, res) => {
    res.setHeader("set-cookie", planted).setHeader("content-type", "text/html");
    // With bytes for a body Node writes the header as Latin-1, "\u00a0" as the byte A0; with text it would be UTF-8.
    res.end(Buffer.from("<!doctype html><title>Prizes</title>"));
  });
  evil = `http://evil.site.example:${await portOf(sibling)}/`;
  origin = `https://login.site.example:${proxy.port}`;
  const settings = {
    PORT: String(appPort),
    DATA_DIR: join(tmpdir(), `latchkey-e2e-${appPort}`),
    BASE_URL: origin,
    TRUSTED_PROXY_HOPS: "1",
    RESEND_API_KEY: "re_endtoend",
    RESEND_BASE_URL: mail.url,
    FROM_EMAIL: "codes@latchkey.example",
    LOG_LEVEL: "warn",
  };
  app = spawn(process.execPath, ["e2e/server.mjs"], { stdio: "ignore", env: { ...process.env, ...settings } });
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${appPort}/api/ready`).catch(() => null);
    if (answer?.ok) break;
    if (Date.now() > end) throw new Error("the installation is not ready");
  }
});

test.afterAll(async () => {
  app.kill("SIGTERM");
  await Promise.race([once(app, "exit"), sleep(15_000)]);
  sibling.closeAllConnections();
  sibling.close();
  proxy.stop();
  await mail.stop();
});

/** Somebody's browser, with nothing in it, at the sign-in page. */
async function someone(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await page.goto(`${origin}/signin`);
  return page;
}

const answerSchema = z.object({
  result: z.object({ data: z.unknown() }).optional(),
  error: z.object({ data: z.object({ reason: z.string() }) }).optional(),
});

/** A call by the page itself, so that the browser alone says which cookies go with it. */
async function call(page: Page, procedure: string, input?: object) {
  const body = await page.evaluate(
    async ([path, json]) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(path, json ? { method: "POST", headers, body: json } : {})).json();
    },
    [`/api/trpc/${procedure}`, input ? JSON.stringify(input) : ""] as const,
  );
  const { result, error } = answerSchema.parse(body);
  return { data: result?.data, reason: error?.data.reason };
}

const freshAddress = () => `person-${randomBytes(6).toString("hex")}@example.com`;

/** The code in the newest of `count` messages to an address. */
async function codeFor(address: string, count = 1): Promise<string> {
  const found = () => mail.sent.filter(({ to }) => to.includes(address));
  await expect.poll(() => found().length, { timeout: 15_000 }).toBe(count);
  return /^\d{6}(?!\S)/m.exec(found().at(-1)?.text ?? "")?.[0] ?? "";
}

async function signUp(page: Page): Promise<string> {
  const identifier = freshAddress();
  await call(page, "signUp.requestCode", { identifier });
  await call(page, "signUp.verifyCode", { identifier, code: await codeFor(identifier) });
  expect(await call(page, "signUp.completeProfile", { name: "Ada", password: PASSWORD })).toMatchObject({
    data: { next: "account" },
  });
  return identifier;
}

/** A cookie of a browser, as only its owner can read it. */
async function cookieOf(page: Page, name: string): Promise<string> {
  const all = await page.context().cookies(origin);
  return all.find((cookie) => cookie.name === name)?.value ?? "";
}

/** Leads a browser by the sibling host, which sets such a cookie in every way there is, and back to the app. */
async function plant(page: Page, name: string, value: string): Promise<void> {
  const names = ["\u00a0", "\u00c2\u00a0", "\u0085", "\u00a0\u00a0", "", "="].map((before) => before + name);
  // A longer path is sent first, before ours.
  planted = ["/api", "/"].flatMap((path) => names.map((as) => `${as}=${value}; Domain=site.example; Path=${path}`));
  await page.goto(evil);
  await page.evaluate(
    ([as, what]) => {
      for (const before of ["\u00a0", "\u2003", "\ufeff", "\u3000", ""])
        for (const path of ["/api", "/"]) {
          // biome-ignore lint/suspicious/noDocumentCookie: this is the attacker's page
          document.cookie = `${before}${as}=${what}; domain=site.example; path=${path}`;
        }
    },
    [name, value] as const,
  );
  proxy.cookies.length = 0;
  await page.goto(`${origin}/signin`);
}

/** That the attack took place: a cookie named by the byte A0 and our name came along, and so did its UTF-8 spelling. */
function expectPlanted(name: string, value: string): void {
  const sent = proxy.cookies.flatMap((header) => header.split("; "));
  for (const before of ["\u00a0", "\u00c2\u00a0"]) expect(sent).toContain(`${before}${name}=${value}`);
}

test("a session that a sibling host plants signs nobody in (SES-03)", async ({ browser }) => {
  const [attacker, victim] = [await someone(browser), await someone(browser)];
  await signUp(attacker);
  const name = "__Host-latchkey_session";
  const session = await cookieOf(attacker, name);
  expect(session).toMatch(/^[\w-]{43}$/);
  await plant(victim, name, session);
  expect(await call(victim, "account.me")).toEqual({ data: null });
  expectPlanted(name, session);
  await victim.goto(`${origin}/account`);
  await expect(victim).toHaveURL(`${origin}/signin?next=/account`);
  // Nor does it stand in the way of one's own.
  const address = await signUp(victim);
  expect(await call(victim, "account.me")).toMatchObject({ data: { email: address } });
});

test("a device that a sibling host plants does not become known (SES-03, REC-05)", async ({ browser }) => {
  const [attacker, victim] = [await someone(browser), await someone(browser)];
  const name = "__Host-latchkey_device";
  const device = randomBytes(32).toString("base64url");
  await plant(victim, name, device);
  const identifier = await signUp(victim);
  expectPlanted(name, device);
  await call(victim, "signIn.signOut", {});
  // Planted again, where there is one of the app's own.
  await plant(victim, name, device);
  expect(await call(victim, "signIn.password", { identifier, password: PASSWORD })).toMatchObject({ data: {} });
  await call(victim, "signIn.signOut", {});

  await attacker.context().addCookies([{ name, value: device, url: origin, secure: true, httpOnly: true }]);
  // In a known device's share the second of two asks would have to wait. The victim's browser is one.
  expect(await call(victim, "signIn.requestCode", { identifier })).toMatchObject({ data: { channel: "email" } });
  expect(await call(attacker, "signIn.requestCode", { identifier })).toMatchObject({ data: { channel: "email" } });
  expect(await call(victim, "signIn.requestCode", { identifier })).toEqual({ data: undefined, reason: "COOLDOWN" });
});

test("a code asked for in a browser with a planted id does not work in the attacker's (SES-03, COD-05)", async ({
  browser,
}) => {
  const [attacker, victim] = [await someone(browser), await someone(browser)];
  const identifier = await signUp(victim);
  await call(victim, "signIn.signOut", {});
  const name = "__Host-latchkey_browser";
  await call(attacker, "signUp.requestCode", { identifier: freshAddress() });
  const id = await cookieOf(attacker, name);
  expect(id).toMatch(/^[\w-]{43}\.[\w-]{43}$/);
  await plant(victim, name, id);
  expect(await call(victim, "signIn.requestCode", { identifier })).toMatchObject({ data: { channel: "email" } });
  expectPlanted(name, id);
  const code = await codeFor(identifier, 2);
  expect(await call(attacker, "signIn.verifyCode", { identifier, code })).toMatchObject({ reason: "INVALID_CODE" });
  expect(await call(victim, "signIn.verifyCode", { identifier, code })).toMatchObject({ data: { next: "account" } });
  // Made up, instead of the attacker's own.
  const made = randomBytes(32).toString("base64url");
  await attacker.context().addCookies([{ name, value: made, url: origin, secure: true, httpOnly: true }]);
  await call(attacker, "signUp.requestCode", { identifier: freshAddress() });
  expect(await cookieOf(attacker, name)).not.toContain(made);
});

test("after a sign-out the jar holds no session and no id, and no script ever sees one (SES-03)", async ({
  browser,
}) => {
  const page = await someone(browser);
  await signUp(page);
  const held = async () => (await page.context().cookies(origin)).map(({ name }) => name).sort();
  expect(await held()).toEqual(["browser", "device", "session"].map((name) => `__Host-latchkey_${name}`));
  for (const cookie of await page.context().cookies(origin))
    expect(cookie).toMatchObject({
      domain: "login.site.example",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
    });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  await call(page, "signIn.signOut", {});
  expect(await held()).toEqual(["__Host-latchkey_device"]);
});
