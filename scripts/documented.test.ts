import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SESSION_ABSOLUTE_SECONDS, SESSION_IDLE_SECONDS } from "@/accounts/sessions";
import { ACTIONS } from "@/app/admin/action-names";
import { messageSchema } from "@/delivery/messages";
import { env, readEnv } from "@/env";
import { GUESSES_IN_A_ROW } from "@/limits/lockout";
import { CODES_AN_HOUR, GUESSES_A_DAY, policyFor } from "@/otp/policies";
import { testSettings } from "@/testing/settings";

testSettings();

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const SETTINGS = "docs/settings.md";
const SECURITY = "docs/security.md";
const settings = read("src/env.ts");

/** The rows of all tables in a page, each as its cells. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split(" | ").map((cell) => cell.trim()));
/** Every page of the docs. */
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`),
];
const ticked = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, inside = ""]) => inside);

const rows = rowsOf(read(SETTINGS));
const documented = new Map(
  rows.flatMap(([names, defaults]) =>
    ticked(names)
      .filter((name) => /^[A-Z][A-Z_]+$/.test(name) && !name.endsWith("_"))
      .map((name, at) => [name, ticked(defaults?.split(", ")[at])[0]] as const),
  ),
);

/** The settings as read when one of them is set and the others are left out. */
const withSetting = (name: string, value: string | undefined) => {
  const least = { DATABASE_URL: "postgres://app@localhost/app", APP_SECRET: "k3J9xQ2mV7bN4cT8wR5yL1pD6fH0sZaG" };
  const read = readEnv({ ...least, SMTP_HOST: "mail.example.com", BASE_URL: "https://id.example.com", [name]: value });
  return read.ok ? JSON.stringify(read.env) : read.faults.join();
};

describe("the docs agree with the code (CFG-07)", () => {
  test("docs/settings.md lists every setting, and only settings", () => {
    const known = new Set([...settings.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name));
    expect(known.size).toBeGreaterThan(30);
    // Set by the scripts, not by the operator.
    known.delete("NODE_ENV");
    expect([...documented.keys()].filter((name) => !name.includes("OTP_")).sort()).toEqual([...known].sort());
  });

  const told = [...documented].filter(([name, value]) => /^(\d+|on|off|info)$/.test(value ?? "") && !/OTP_/.test(name));

  test.each(told)("the default of %s is %s", (name, value = "") => {
    const usual = withSetting(name, undefined);
    expect(withSetting(name, value)).toBe(usual);
    // Another value makes a difference, so the setting is read at all.
    const another = { on: "off", info: "debug", "0": "1" }[value] ?? String(Number(value) - 1);
    expect(withSetting(name, another)).not.toBe(usual);
  });

  test("the defaults of at least a dozen settings are compared", () => {
    expect(told.length).toBeGreaterThan(11);
  });

  test("the documented rules of each purpose's codes are those of the policies", () => {
    const written = (cell = "") => cell.split(", ").map(Number);
    const prefixes = rows.filter(
      ([prefix = "", , numbers = ""]) => /_`|none \(/.test(prefix) && /^[\d, ]+$/.test(numbers),
    );
    expect(prefixes).toHaveLength(4);
    const policyOf: Record<string, ReturnType<typeof policyFor>> = {
      SIGN_UP_: policyFor("sign-up", "email"),
      SIGN_IN_: policyFor("sign-in", "email"),
      EMAIL_CHANGE_: policyFor("email-change", "email"),
      PHONE_: policyFor("phone-change", "sms"),
      VERIFICATION_: policyFor("verification", "email"),
      "": policyFor("password-reset", "email"),
    };
    const told = new Set<string>();
    for (const [prefix = "", , numbers] of prefixes)
      for (const name of prefix.startsWith("none") ? [""] : ticked(prefix)) {
        const { digits, ttlSeconds, attempts, cooldownSeconds } = policyOf[name] ?? {};
        expect([name, digits, (ttlSeconds ?? 0) / 60, attempts, cooldownSeconds]).toEqual([name, ...written(numbers)]);
        told.add(name);
      }
    expect([...told].sort()).toEqual(Object.keys(policyOf).sort());
    expect(rows.map(([, cell = ""]) => cell)).toContain("`6`, `10`, `3`, `60`");
  });

  test.each([
    [`${CODES_AN_HOUR} codes an hour for one address`, SETTINGS],
    [`${GUESSES_A_DAY} wrong guesses in 24 hours for one address and purpose`, SETTINGS],
    [`${GUESSES_IN_A_ROW} wrong codes in a row for one address`, SETTINGS],
    [`${GUESSES_A_DAY} in 24 hours for one address and purpose`, SECURITY],
    [`idle ${SESSION_IDLE_SECONDS / 86_400} days, absolute ${SESSION_ABSOLUTE_SECONDS / 86_400}`, SECURITY],
    [`at least ${env().passwordMinLength} characters`, SECURITY],
    [
      `${env().smsMost.blockHourly} an hour to one block of numbers, ${env().smsMost.daily.toLocaleString("en")} a day`,
      SETTINGS,
    ],
  ])('"%s" is written in %s', (words, page) => {
    expect(read(page)).toContain(words);
  });
});

test.each([
  ["audit actions", "docs/audit-log.md", "action", Object.keys(ACTIONS)],
  ["message templates", "docs/messages.md", "template", messageSchema.options.map(({ shape }) => shape.template.value)],
])("the documented %s are all that there are (%s)", (_what, page, heading, known) => {
  const [, table = ""] = read(page).split(new RegExp(`^\\| ${heading} \\| when.*$`, "m"));
  const documented = rowsOf(table.split("\n\n")[0] ?? "").flatMap(([cell]) => ticked(cell));
  expect(documented.toSorted()).toEqual(known.toSorted());
});

test("pages, messages and docs never call codes by email or text message a second factor (CFG-07)", () => {
  const told = ["src/app", "src/components", "src/delivery/words", "src/emails"]
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((name) => `${room}/${name}`),
    )
    .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."));
  expect(told.length).toBeGreaterThan(100);
  const called = /\b2FA\b|\bMFA\b|two[- ]factor|multi[- ]factor|second factor|authenticator/i;
  for (const name of told) expect(readFileSync(join(root, name), "utf8"), name).not.toMatch(called);
  // docs/security.md says once that codes are no second factor. The requirements and the decisions explain why.
  const others = pages
    .filter((page) => !/^docs\/(requirements\.md|decisions\/)/.test(page))
    .flatMap((page) => read(page).split("\n"))
    .filter((line) => called.test(line));
  expect(others).toHaveLength(1);
  expect(others[0]).toContain("They are not called a second factor here, and are none.");
});

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

test.each(pages)("every link in %s leads to an existing file and heading", (page) => {
  // Text in a code fence is not a link.
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
    ([, link, src]) => link ?? src ?? "",
  );
  for (const link of links.filter((link) => !/^https?:/.test(link))) {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    expect(existsSync(join(root, target)), `${link} is not there`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
  }
});

test("README.md has at most 10 kB", () => {
  expect(Buffer.byteLength(read("README.md"))).toBeLessThanOrEqual(10_000);
});
