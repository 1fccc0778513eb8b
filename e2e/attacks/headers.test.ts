import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { freshEmail } from "@/testing/people";
import type { Answer, Sent } from "@/testing/send";
import { expectPlain, installations, type Who } from "./installations";

const { ask, originOf } = installations();

type Row = { path: string; who?: Who; status: number; sent?: Sent };
const json = (body: unknown, more: Record<string, string> = {}): Sent => ({
  method: "POST",
  headers: { "content-type": "application/json", ...more },
  body: JSON.stringify(body),
});

/** Pages, what they answer to whom. All are HTML, the redirects too. */
const pages: Row[] = [
  ...["/", "/signup", "/signin", "/register", "/forgot-password", "/reset-password"].map((path) => ({
    path,
    status: 200,
  })),
  { path: `/reset-password?token=${"A".repeat(43)}`, status: 200 },
  { path: `/verify-email?token=${"A".repeat(43)}`, status: 200 },
  { path: `/device?token=${"A".repeat(43)}`, status: 200 },
  ...["/signup/verify", "/signin/verify", "/register/verify", "/forgot-password/verify"].map((path) => ({
    path,
    status: 307,
  })),
  ...["/account", "/signup/profile", "/step-up", "/admin", "/admin/users"].map((path) => ({ path, status: 307 })),
  { path: "/nowhere", status: 404 },
  { path: "/.well-known/nothing", status: 404 },
  { path: "/admin/nowhere", status: 404 },
  { path: "/signup/profile", who: "incomplete", status: 200 },
  { path: "/account", who: "incomplete", status: 307 },
  { path: "/", who: "user", status: 307 },
  { path: "/account", who: "user", status: 200 },
  { path: "/signin", who: "user", status: 200 },
  { path: "/step-up", who: "user", status: 307 },
  { path: "/admin", who: "user", status: 404 },
  { path: "/nowhere", who: "user", status: 404 },
  ...["", "/codes", "/users", "/deliveries", "/audit", "/policies"].map(
    (path): Row => ({
      path: `/admin${path}`,
      who: "admin",
      status: 200,
    }),
  ),
  { path: "/admin/users/00000000-0000-4000-8000-000000000000", who: "admin", status: 404 },
];

/** What is no page: the API's answers and refusals, and what the door turns away. */
const answers: Row[] = [
  { path: "/api/health", status: 200 },
  { path: "/api/ready", status: 200 },
  { path: "/api/nowhere", status: 404 },
  { path: "/api/trpc/account.me", status: 200 },
  { path: "/api/trpc/account.me", who: "user", status: 200 },
  { path: "/api/trpc/admin.overview", who: "admin", status: 200 },
  { path: "/api/trpc/admin.overview", who: "user", status: 403 },
  { path: "/api/trpc/account.sessions", status: 401 },
  { path: "/api/trpc/no.such", status: 404 },
  { path: "/api/trpc/account.me?input=%7B%22a%22%3A1%7D", status: 400 },
  { path: "/api/trpc/signUp.requestCode", status: 405 },
  { path: "/api/trpc/signUp.requestCode", status: 415, sent: { method: "POST", body: "{}" } },
  { path: "/api/trpc/signUp.requestCode", status: 400, sent: json({}) },
  { path: "/api/trpc/signUp.requestCode", status: 403, sent: json({}, { origin: "https://evil.example" }) },
  { path: "/api/trpc/signUp.requestCode", status: 413, sent: json("a".repeat(20_000)) },
  { path: "/api/trpc/signIn.signOut,signIn.signOut?batch=1", status: 200, sent: json({ 0: {}, 1: {} }) },
  { path: "/signin", status: 405, sent: { method: "POST", body: "" } },
  { path: "/signin", status: 405, sent: { method: "DELETE" } },
  { path: "/signin", status: 421, sent: { headers: { host: "evil.example" } } },
  { path: "/x/..", status: 400 },
];

/** What stays as it is from build to build, and is nobody's. */
const files: Row[] = [
  { path: "/favicon.ico", status: 200 },
  { path: "/icon.svg", status: 200 },
  { path: "/_next/static/nowhere.js", status: 404 },
];

const named = (row: Row): [string, Row] => [
  `${row.sent?.method ?? "GET"} ${row.path.slice(0, 60)}, ${row.who ?? "nobody"}: ${row.status}`,
  row,
];

const policyOf = ({ headers }: Answer) =>
  new Map(
    String(headers["content-security-policy"])
      .split("; ")
      .map((directive) => {
        const [name = "", ...values] = directive.split(" ");
        return [name, values] as const;
      }),
  );

/** A page's own policy, and its nonce on each of its scripts; returns the nonce (HDR-03). */
function expectPolicy(answer: Answer): string {
  const policy = policyOf(answer);
  const [, nonce = ""] = /^'nonce-([\w+/]+=*)'$/.exec(policy.get("script-src")?.[0] ?? "") ?? [];
  expect(Buffer.from(nonce, "base64").length).toBeGreaterThanOrEqual(16);
  expect(policy.get("script-src")?.slice(1)).toEqual(["'strict-dynamic'"]);
  for (const name of ["default-src", "base-uri", "frame-ancestors"]) expect(policy.get(name)).toEqual(["'none'"]);
  // Plugins are what `default-src` says, if nothing else is said.
  expect(policy.get("object-src") ?? policy.get("default-src")).toEqual(["'none'"]);
  expect(policy.get("form-action")).toEqual(["'self'"]);
  for (const [tag] of answer.body.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
  const markup = answer.body.replaceAll(/(<script\b[^>]*>).*?<\/script>/gs, "$1");
  expect(/<[^>]*\son\w+=/i.exec(markup)?.[0]).toBeUndefined();
  return nonce;
}

/** The one that the public would use has the whole table; the local one is the same app with other names. */
const few = pages.filter(({ path }) => ["/", "/account", "/admin", "/nowhere"].includes(path));
describe.each([
  ["public", pages],
  ["local", few],
] as const)("%s installation", (which, some) => {
  const https = which === "public";

  test.each(some.map(named))("%s", async (_name, { path, who, status }) => {
    const [first, second] = [await ask(which, path, who), await ask(which, path, who)];
    for (const answer of [first, second]) {
      expect(answer.status).toBe(status);
      expect(answer.headers["cache-control"]).toContain("no-store"); // SES-09
      expectPlain(answer, https);
    }
    expect(expectPolicy(first)).not.toBe(expectPolicy(second));
  });

  test.each(some.map(named))("without its document: %s (SES-09)", async (_name, { path, who }) => {
    const query = path.includes("?") ? "&" : "?";
    const variants: Record<string, string>[] = [{ rsc: "1" }, { rsc: "1", "next-router-prefetch": "1" }, {}];
    for (const headers of variants) {
      const asked = await ask(which, `${path}${query}_rsc=1abcd`, who, { headers });
      // Next leads to the address that it would have asked itself.
      const right = /^\/.*[?&]_rsc/.test(asked.headers.location ?? "") ? asked.headers.location : undefined;
      const answers = right ? [asked, await ask(which, right, who, { headers })] : [asked];
      const last = answers.at(-1);
      if (headers.rsc && last?.status === 200) expect(last.headers["content-type"]).toBe("text/x-component");
      for (const answer of answers) {
        expect(answer.headers["cache-control"]).toContain("no-store");
        expectPlain(answer, https);
      }
    }
  });

  test.each(answers.map(named))("%s", async (_name, { path, who, status, sent }) => {
    for (const origin of [undefined, "https://evil.example", "null"]) {
      const method = sent?.method ?? "GET";
      if (origin && method === "POST" && status !== 403) continue; // refused for that already
      const headers: Record<string, string> = { ...sent?.headers, ...(origin ? { origin } : {}) };
      const answer = await ask(which, path, who, { ...sent, headers });
      expect(answer.status).toBe(status);
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.headers["content-type"]).toMatch(/^(application\/json|text\/plain; ?charset=utf-8)/i);
      expectPlain(answer, https);
    }
  });

  test("an answer that sets a cookie is kept by no cache, and its cookie by this host alone (SES-03, SES-09)", async () => {
    const sent = json({ identifier: freshEmail() }, { origin: originOf(which) });
    const answer = await ask(which, "/api/trpc/signUp.requestCode", "nobody", sent);
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    const name = https ? "__Host-latchkey_browser" : "latchkey_browser";
    expect(cookie).toMatch(
      new RegExp(`^${name}=[\\w-]{43}\\.[\\w-]{43}; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Lax`),
    );
    expect(cookie.endsWith("; Secure")).toBe(https);
    expect(cookie).not.toMatch(/domain=/i);
    expectPlain(answer, https);
  });

  test("files carry the same headers, and no map of their sources (CFG-05, HDR-04)", async () => {
    const { body } = await ask(which, "/account", "user");
    const found = [...body.matchAll(/(?:src|href)="(\/_next\/static\/[^"?]+)/g)].map(([, path = ""]) => path);
    expect(found.some((path) => path.endsWith(".js"))).toBe(true);
    expect(found.some((path) => path.endsWith(".css"))).toBe(true);
    for (const { path, status } of [...files, ...new Set(found)].map((file) =>
      typeof file === "string" ? { path: file, status: 200 } : file,
    )) {
      const answer = await ask(which, path);
      expect([path, answer.status]).toEqual([path, status]);
      expectPlain(answer, https);
      expect(answer.body).not.toContain("sourceMappingURL");
      expect((await ask(which, `${path}.map`)).status).toBe(404);
    }
  });

  test.each(["https://evil.example", "null", "http://other.localhost:3000"])(
    "a preflight from %s is told nothing (HDR-05)",
    async (origin) => {
      for (const path of ["/api/trpc/account.me", "/api/trpc/signIn.signOut", "/account", "/api/health", "/icon.svg"]) {
        const asked = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
        const answer = await ask(which, path, "user", { method: "OPTIONS", headers: { origin, ...asked } });
        expect(answer.status).toBe(405);
        expectPlain(answer, https);
        expect(answer.headers.allow).toBeUndefined();
        expectPlain(await ask(which, path, "user", { headers: { origin } }), https);
      }
    },
  );

  test("a nonce or a policy that the client sends is not taken (HDR-03)", async () => {
    const nonce = "ZXZpbGV2aWxldmlsZXZpbA==";
    const policy = `script-src 'nonce-${nonce}' 'unsafe-inline'; report-uri https://evil.example`;
    const headers = {
      "content-security-policy": policy,
      "content-security-policy-report-only": policy,
      "x-nonce": nonce,
      "x-middleware-request-x-nonce": nonce,
      "x-middleware-override-headers": "content-security-policy",
      "x-middleware-request-content-security-policy": policy,
    };
    for (const path of ["/", "/signin", "/nowhere", "/account"]) {
      const answer = await ask(which, path, "nobody", { headers });
      expect(expectPolicy(answer)).not.toBe(nonce);
      expect(JSON.stringify(answer.headers) + answer.body).not.toMatch(/ZXZpb|evil/);
    }
  });

  test("a page that fails has all of it, and tells nothing of why (HDR-03, LOG-02)", async () => {
    await db().execute(sql`alter table sessions rename to gone`);
    try {
      const answer = await ask(which, "/account", "user");
      expect(answer.status).toBe(503);
      expect(answer.headers["cache-control"]).toContain("no-store");
      expectPlain(answer, https);
      expectPolicy(answer);
      expect(answer.body).not.toMatch(/sessions|select |relation|42P01|node_modules|postgres/i);
    } finally {
      await db().execute(sql`alter table gone rename to sessions`);
    }
  });
});
