import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The files that put text into a statement instead of passing a parameter, and in how many places. Each place was
 * reviewed: its text is a name or number of the app's own, or a choice among such. A new place fails the test, so that
 * it is reviewed too. The rooms that receive input (trpc, flows, app) have no such place.
 */
const looked: Record<string, number> = {
  "src/accounts/accounts.ts": 2,
  "src/analytics/accounts.ts": 2,
  "src/analytics/buckets.ts": 1,
  "src/analytics/cells.ts": 1,
  "src/analytics/failed-attempts.ts": 2,
  "src/analytics/fragments.ts": 4,
  "src/analytics/instant.ts": 1,
  "src/analytics/rebuild.ts": 1,
  "src/analytics/refusals.ts": 1,
  "src/analytics/snapshots.ts": 4,
  "src/analytics/story.ts": 1,
  "src/analytics/sum-tables.ts": 4,
  "src/analytics/sums.ts": 8,
  "src/analytics/unsettled.ts": 1,
  "src/analytics/windows.ts": 2,
  "src/audit/seal.ts": 2,
  "src/limits/sms.ts": 1,
  "src/otp/forget.ts": 2,
  "src/otp/store.ts": 1,
};

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|^src\/testing\//.test(name));

const textOf = (name: string) => readFileSync(join(root, name), "utf8");

test("text is put into a statement only in the reviewed places, and is a parameter elsewhere (INP-05)", () => {
  const found = files.map((name): [string, number] => {
    return [name, textOf(name).match(/\bsql\.(raw|identifier)\(|\.unsafe\(|\bnew SQL\(|\bsql\.name\(/g)?.length ?? 0];
  });
  expect(files.length).toBeGreaterThan(200);
  expect(Object.fromEntries(found.filter(([, times]) => times > 0))).toEqual(looked);
});

test("inArray is used only for lists that do not grow with the number of rows (DAT-04)", () => {
  // These are: the secrets in force; the five devices of a cookie; an account's two addresses; all purposes, or those
  // of a pot; the accounts that one page of the dashboard names.
  const bounded = {
    "src/accounts/completion.ts": 1,
    "src/accounts/devices.ts": 2,
    "src/analytics/names.ts": 1,
    "src/delivery/story.ts": 1,
    "src/limits/lockout.ts": 1,
    "src/otp/browsers.ts": 1,
    "src/otp/caps.ts": 1,
  };
  const found = files.map((name): [string, number] => [name, textOf(name).match(/\b(notI|i)nArray\(/g)?.length ?? 0]);
  expect(Object.fromEntries(found.filter(([, times]) => times > 0))).toEqual(bounded);
});

test("only flows, background work and instant.ts open transactions, and only src/db/locks.ts takes advisory locks", () => {
  // The background work is listed. instant.ts reads as of one instant and writes nothing.
  expect(files.filter((name) => !name.startsWith("src/flows/") && /\.transaction\(/.test(textOf(name)))).toEqual([
    "src/analytics/instant.ts",
    "src/analytics/rebuild.ts",
    "src/analytics/roll.ts",
    "src/audit/seal.ts",
    "src/db/batches.ts",
    "src/delivery/deliver.ts",
  ]);
  expect(files.filter((name) => /advisory_/.test(textOf(name)))).toEqual(["src/db/locks.ts"]);
});

test("the sql tag has no other name in the code, and a column's alias is a literal (INP-05)", () => {
  for (const name of files) {
    const text = textOf(name);
    expect(text, name).not.toMatch(/\bsql as \w|\{[^}]*\b(raw|identifier)\b[^}]*\} = sql\b/);
    // Drizzle's `.as(alias)` does not escape the alias (CVE-2026-39356): it must be a literal or, for `$with`, a query.
    for (const [, alias] of text.matchAll(/\.as\(\s*([^\s)]+)/g))
      expect(alias, name).toMatch(/^["'`]\w+|^tx$|^db\(|^$/);
  }
});

test("drizzle-orm is a version that escapes names (INP-05: CVE-2026-39356)", () => {
  const { version } = JSON.parse(textOf("node_modules/drizzle-orm/package.json"));
  const [major = 0, minor = 0, patch = 0] = String(version).split(".").map(Number);
  expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(45_002);
});

test("src/trpc/cookies.ts is the only file that reads or sets cookies (SES-03)", () => {
  const readers = files.filter((name) => /\.get\(["']cookie|headers\.cookie|headers\[["']cookie/i.test(textOf(name)));
  expect(readers).toEqual(["src/trpc/cookies.ts"]);
  expect(files.filter((name) => /set-cookie|\bcookies\(\)/i.test(textOf(name)))).toEqual(["src/trpc/cookies.ts"]);
});
