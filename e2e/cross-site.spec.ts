import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Page } from "playwright/test";
import { expect, type Mailbox, PASSWORD, test } from "./fixtures";
import { servers } from "./servers";

const app = servers.inbox.origin;
let server: Server;
let port: number;

// An attacker's site: a page of its own at every address.
test.beforeAll(async () => {
  server = createServer((_req, res) => {
    res.setHeader("content-type", "text/html; charset=utf-8").end("<!doctype html><title>Prizes</title><body>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  // `listen` on a port always yields an AddressInfo; only pipes give a string.
  ({ port } = server.address() as AddressInfo);
});
test.afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/**
 * Where an attacker may sit: on another site, as most do; on another port of our own host, whose requests carry even
 * SameSite cookies; and on a name below ours.
 */
const places = { "another site": "127.0.0.1", "our host, another port": "localhost", "a name below": "evil.localhost" };

/** All that a page may try against another origin, without asking it first. */
const calls = ["signIn.signOut", "account.revokeOtherSessions", "account.updateProfile", "account.delete"];

/** A victim: signed up and in, by the calls that our pages make. */
async function signedUp({ request }: Page, mailbox: Mailbox): Promise<string> {
  const identifier = mailbox.address();
  const call = async (procedure: string, data: object) =>
    expect((await request.post(`/api/trpc/${procedure}`, { data, headers: { origin: app } })).ok()).toBe(true);
  await call("signUp.requestCode", { identifier });
  await call("signUp.verifyCode", { identifier, code: await mailbox.code(identifier) });
  await call("signUp.completeProfile", { name: "Ada Lovelace", password: PASSWORD });
  return identifier;
}

/** What the victim would miss: that they are signed in, their name, and how many browsers they are signed in with. */
async function standing(page: Page) {
  const me = await page.request.get("/api/trpc/account.me");
  const sessions = await page.request.get("/api/trpc/account.sessions");
  const { lastLoginAt, name, id } = (await me.json()).result.data;
  return { id, name, lastLoginAt, sessions: (await sessions.json()).result.data.length };
}

async function attackerAt(context: BrowserContext, host: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`http://${host}:${port}/`);
  return page;
}

for (const [place, host] of Object.entries(places)) {
  test(`from ${place}: forms, fetches and beacons change nothing, and no answer can be read (HDR-01, HDR-05)`, async ({
    page,
    mailbox,
    context,
  }) => {
    await signedUp(page, mailbox);
    const before = await standing(page);
    expect(before.name).toBe("Ada Lovelace");
    const evil = await attackerAt(context, host);
    // The browser tells a page nothing of what came back; that a request went out, it does.
    const sent: Record<string, number> = {};
    evil.on("request", (request) => {
      const way = new URL(request.url()).searchParams.get("way");
      if (way) sent[way] = (sent[way] ?? 0) + 1;
    });

    for (const type of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
      for (const procedure of calls) {
        const answered = evil.waitForResponse((answer) => answer.url().includes(`/${procedure}`));
        await evil.evaluate(
          ({ action, enctype }) => {
            const frame = document.createElement("iframe");
            frame.name = "target";
            const form = Object.assign(document.createElement("form"), { action, enctype, method: "post" });
            form.target = "target";
            // As text/plain this makes a body that is JSON; without a field some need no input.
            const input = Object.assign(document.createElement("input"), {
              name: '{"confirm":"delete","name":"Eve","x":"',
            });
            input.value = '"}';
            if (enctype === "text/plain") form.append(input);
            document.body.replaceChildren(frame, form);
            form.submit();
          },
          { action: `${app}/api/trpc/${procedure}?way=form`, enctype: type },
        );
        expect((await answered).status(), `${procedure} as ${type}`).toBe(415);
      }
    }

    const read = await evil.evaluate(
      async ({ origin, procedures }) => {
        const got: string[] = [];
        const body = JSON.stringify({ confirm: "delete", name: "Eve" });
        const blob = new Blob([body], { type: "text/plain" });
        for (const procedure of procedures) {
          for (const credentials of ["include", "omit"] as const) {
            for (const mode of ["cors", "no-cors"] as const) {
              for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
                const headers = { "content-type": type };
                const url = `${origin}/api/trpc/${procedure}?way=${mode}`;
                const answer = await fetch(url, { method: "POST", mode, credentials, headers, body }).catch(() => null);
                if (answer && (answer.type !== "opaque" || (await answer.text()) !== "")) got.push(`${url} ${type}`);
              }
            }
          }
          navigator.sendBeacon(`${origin}/api/trpc/${procedure}?way=beacon`, blob);
          navigator.sendBeacon(
            `${origin}/api/trpc/${procedure}?way=beacon`,
            new Blob([body], { type: "application/json" }),
          );
        }
        for (const path of ["/account", "/api/trpc/account.me", "/api/trpc/account.export", "/dev/inbox"]) {
          for (const mode of ["cors", "no-cors"] as const) {
            const answer = await fetch(`${origin}${path}?way=read`, { mode, credentials: "include" }).catch(() => null);
            if (answer && (await answer.text()) !== "") got.push(path);
          }
        }
        return got;
      },
      { origin: app, procedures: calls },
    );
    expect(read).toEqual([]);
    expect(sent["no-cors"]).toBeGreaterThanOrEqual(calls.length * 6);
    expect(sent.beacon).toBeGreaterThanOrEqual(calls.length);
    expect(sent.read).toBe(8);

    expect(await standing(page)).toEqual(before);
    await page.goto("/account");
    await expect(page).toHaveURL("/account");
  });

  test(`from ${place}: the app shows in no frame, loads as nothing, and hands over no window (HDR-03, HDR-04)`, async ({
    page,
    mailbox,
    context,
  }) => {
    await signedUp(page, mailbox);
    const evil = await attackerAt(context, host);
    for (const tag of ["iframe", "object", "embed"] as const) {
      for (const path of ["/account", "/signin", "/api/trpc/account.me"]) {
        await evil.evaluate(
          ({ name, url }) =>
            new Promise((done) => {
              const element = document.createElement(name);
              element.setAttribute(name === "object" ? "data" : "src", url);
              for (const event of ["load", "error"]) element.addEventListener(event, done, { once: true });
              document.body.replaceChildren(element);
            }),
          { name: tag, url: app + path },
        );
        const shown = evil.frames().filter((frame) => frame !== evil.mainFrame() && frame.url().startsWith(app));
        for (const frame of shown) expect(await frame.locator("body *").count(), `${tag} ${path}`).toBe(0);
      }
    }

    const loaded = await evil.evaluate(async (origin) => {
      const got: string[] = [];
      const load = (element: HTMLElement, url: string) =>
        new Promise<boolean>((done) => {
          element.setAttribute(element instanceof HTMLLinkElement ? "href" : "src", url);
          element.onload = () => done(true);
          element.onerror = () => done(false);
          document.head.append(element);
        });
      const style = Object.assign(document.createElement("link"), { rel: "stylesheet" });
      if (await load(document.createElement("img"), `${origin}/icon.svg`)) got.push("image");
      if (await load(document.createElement("script"), `${origin}/api/trpc/account.me`)) got.push("script");
      if (await load(style, `${origin}/account`)) got.push("style");
      return got;
    }, app);
    expect(loaded).toEqual([]);

    // Whoever opens the app holds no handle on it, and it none on them (COOP).
    const [opened] = await Promise.all([
      context.waitForEvent("page"),
      evil.evaluate((url) => {
        Object.assign(window, { handle: window.open(url) });
      }, `${app}/account`),
    ]);
    await expect(opened).toHaveURL(`${app}/account`);
    expect(await opened.evaluate(() => window.opener)).toBeNull();
    expect(await evil.evaluate("window.handle.closed")).toBe(true);
  });
}

test("a link that is prefetched, opened or framed elsewhere spends nothing (LNK-01)", async ({
  page,
  mailbox,
  context,
}) => {
  const address = await signedUp(page, mailbox);
  await page.request.post("/api/trpc/passwordReset.requestLink", {
    data: { email: address },
    headers: { origin: app },
  });
  const { text } = await mailbox.newest(address, 2);
  const link = /http:\S+\/reset-password\?token=\S+/.exec(text)?.[0] ?? "";
  expect(link).toContain(app);

  const evil = await attackerAt(context, places["another site"]);
  await evil.evaluate(async (url) => {
    for (const rel of ["prefetch", "preload", "prerender"]) {
      const hint = Object.assign(document.createElement("link"), { rel, href: url });
      hint.setAttribute("as", "document");
      document.head.append(hint);
    }
    for (const method of ["GET", "HEAD", "POST"])
      await fetch(url, { method, mode: "no-cors", credentials: "include" }).catch(() => null);
  }, link);
  // A scanner opens it, scripts and all, and clicks nothing.
  const scanner = await context.browser()?.newPage();
  await scanner?.goto(link);
  await expect(scanner?.getByRole("button", { name: "Reset password" }) ?? page.locator("nothing")).toBeVisible();
  await scanner?.close();

  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill("green otter lamp chair");
  await page.getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password is set");
});
