import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { expectPlain, installations } from "./installations";

const { ask } = installations();

test.each([
  "/.env",
  "/.env.local",
  "/.git/config",
  "/.git/HEAD",
  "/package.json",
  "/next.config.mjs",
  "/.next/BUILD_ID",
  "/.latchkey/app-secret",
  "/src/env.ts",
  "/drizzle/meta/_journal.json",
  "/_next/image?url=%2Ficon.svg&w=64&q=75",
  "/_next/image?url=http%3A%2F%2F127.0.0.1%2F&w=64&q=75",
  "/_next/webpack-hmr",
  "/_next/mcp",
  "/_next/static/%2e%2e%5cserver%5capp%5cpage.js",
  "/__nextjs_original-stack-frames",
  "/__nextjs_source-map?filename=/src/env.ts",
  "/__nextjs_font/geist-latin.woff2",
  "/_error",
  "/debug",
  "/metrics",
  "/server-status",
  "/.well-known/security.txt",
  "/sitemap.xml",
])("there is no %s (CFG-05, CFG-06)", async (path) => {
  const answer = await ask("public", path);
  expect(answer.status).toBe(404);
  expectPlain(answer, true);
});

test("the health check names no version (CFG-05)", async () => {
  const answer = await ask("public", "/api/health");
  expect(answer.body).toBe('{"ok":true}');
  // `Vary` names the headers of Next's client: what made the pages is no secret, its version is.
  const { "x-request-id": _, ...rest } = answer.headers;
  expect(JSON.stringify(rest)).not.toMatch(/\d+\.\d+|node|postgres/i);
});

test.each(["/dev/inbox", "/dev/messages"])("%s is there with the inbox alone (CFG-05)", async (path) => {
  expect((await ask("local", path)).status).toBe(200);
  for (const who of ["nobody", "user", "admin"] as const) {
    expect((await ask("public", path, who)).status).toBe(404);
    for (const procedure of ["inbox.list", "inbox.previews"])
      expect((await ask("public", `/api/trpc/${procedure}`, who)).status).toBe(404);
  }
});

test("the build serves these routes, rewrites none, and redirects from one (CFG-05, CFG-06)", () => {
  const routes: Record<string, string> = JSON.parse(readFileSync(".next/app-path-routes-manifest.json", "utf8"));
  expect(Object.values(routes).sort()).toEqual(
    `/ /_global-error /_not-found /account /admin /admin/audit /admin/codes /admin/deliveries /admin/policies
    /admin/users /admin/users/[id] /api/health /api/ready /api/trpc/[trpc] /dev/inbox /dev/messages /device /favicon.ico
    /forgot-password /forgot-password/verify /icon.svg /register /register/verify /reset-password /signin
    /signin/verify /signup /signup/profile /signup/verify /step-up /verify-email`.split(/\s+/),
  );
  const { rewrites, redirects } = JSON.parse(readFileSync(".next/routes-manifest.json", "utf8"));
  expect(rewrites).toEqual({ beforeFiles: [], afterFiles: [], fallback: [] });
  expect(redirects.map(({ source }: { source: string }) => source)).toEqual([
    "/:path+/",
    "/.well-known/change-password",
  ]);
});
