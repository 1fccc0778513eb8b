import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SESSION_ABSOLUTE_SECONDS, SESSION_IDLE_SECONDS } from "@/accounts/sessions";
import { env, readEnv } from "@/env";
import { CODES_AN_HOUR, GUESSES_A_DAY, GUESSES_IN_A_ROW, policyFor } from "@/otp/policies";
import { testSettings } from "@/testing/settings";

testSettings();

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const settings = readFileSync(join(root, "src/env.ts"), "utf8");

/** The README's part under a heading. */
const section = (title: string) => readme.split(/^## /m).find((part) => part.startsWith(title)) ?? "";
/** Its tables' rows, cell by cell. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split(" | ").map((cell) => cell.trim()));
const ticked = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, inside = ""]) => inside);

const rows = rowsOf(section("Settings"));
const documented = new Map(
  rows.flatMap(([names, defaults]) =>
    ticked(names)
      .filter((name) => /^[A-Z][A-Z_]+$/.test(name) && !name.endsWith("_"))
      .map((name, at) => [name, ticked(defaults?.split(", ")[at])[0]] as const),
  ),
);

/** What the settings are with one of them set and the others left out. */
const withSetting = (name: string, value: string | undefined) => {
  const least = { DATABASE_URL: "postgres://app@localhost/app", APP_SECRET: "k3J9xQ2mV7bN4cT8wR5yL1pD6fH0sZaG" };
  const read = readEnv({ ...least, SMTP_HOST: "mail.example.com", BASE_URL: "https://id.example.com", [name]: value });
  return read.ok ? JSON.stringify(read.env) : read.faults.join();
};

describe("the README's numbers are the code's (CFG-07)", () => {
  test("every setting there is stands in its table, and no other", () => {
    const known = new Set([...settings.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name));
    expect(known.size).toBeGreaterThan(30);
    // What the scripts set themselves.
    known.delete("NODE_ENV");
    expect([...documented.keys()].filter((name) => !name.includes("OTP_")).sort()).toEqual([...known].sort());
  });

  const told = [...documented].filter(([name, value]) => /^(\d+|on|off|info)$/.test(value ?? "") && !/OTP_/.test(name));

  test.each(told)("%s is %s", (name, value = "") => {
    const usual = withSetting(name, undefined);
    expect(withSetting(name, value)).toBe(usual);
    // Nor is it whatever one sets it to.
    const another = { on: "off", info: "debug", "0": "1" }[value] ?? String(Number(value) - 1);
    expect(withSetting(name, another)).not.toBe(usual);
  });

  test("they are told of a dozen settings at least", () => {
    expect(told.length).toBeGreaterThan(11);
  });

  test("the codes' settings are the policies in force", () => {
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
    [`${CODES_AN_HOUR} codes an hour for one address`, "Settings"],
    [`${GUESSES_A_DAY} wrong guesses in 24 hours for one address and purpose`, "Settings"],
    [`${GUESSES_IN_A_ROW} wrong sign-in codes in a row`, "Settings"],
    [`${GUESSES_A_DAY} in 24 hours for one address and purpose`, "Security"],
    [`idle ${SESSION_IDLE_SECONDS / 86_400} days, absolute ${SESSION_ABSOLUTE_SECONDS / 86_400}`, "Security"],
    [`at least ${env().passwordMinLength} characters`, "Security"],
    [
      `${env().smsMost.blockHourly} an hour to one block of numbers, ${env().smsMost.daily.toLocaleString("en")} a day`,
      "Settings",
    ],
  ])("it says: %s", (words, title) => {
    expect(section(title)).toContain(words);
  });
});

test("codes by email or text message are called no second factor, to people or to operators (CFG-07)", () => {
  const told = ["src/app", "src/components", "src/delivery/words", "src/emails"]
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((name) => `${room}/${name}`),
    )
    .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test."));
  expect(told.length).toBeGreaterThan(100);
  const called = /\b2FA\b|\bMFA\b|two[- ]factor|multi[- ]factor|second factor|authenticator/i;
  for (const name of told) expect(readFileSync(join(root, name), "utf8"), name).not.toMatch(called);
  // The README says once that they are none, and its table of requirements what that means.
  const [readmeBefore = ""] = readme.split("### Every requirement");
  const others = readmeBefore.split("\n").filter((line) => called.test(line));
  expect(others).toEqual([
    "Codes by email prove that someone reads a mailbox. They are not called a second factor here, and are none.",
  ]);
});
