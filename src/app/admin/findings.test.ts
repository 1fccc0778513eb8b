import { expect, test } from "vitest";
import { findingWords } from "./findings";

const asOf = "2026-11-21T13:00:00.500Z";

test("a finding links to the rows of its hour, for every share of a block", () => {
  const rows = "/admin/codes?block=%2B1415555&from=2026-11-21T12%3A00%3A00.000Z";
  for (const rule of ["text messages to one block", "a block that verifies nothing"] as const) {
    expect(findingWords({ rule, key: "+1415555", count: 20 }, asOf).rows).toBe(rows);
    const known = findingWords({ rule, key: "+1415555 known devices", count: 20 }, asOf);
    expect(known.rows).toBe(rows);
    expect(known.what).toMatch(/^SMS to \+1415555…, known devices:/);
    expect(findingWords({ rule, key: "+1415555 notices", count: 20 }, asOf).what).toMatch(
      /^SMS to \+1415555…, notices:/,
    );
  }
  const one = findingWords({ rule: "one address on many accounts", key: "2001:db8::7", count: 12 }, asOf);
  expect(one.rows).toBe("/admin/codes?ip=2001%3Adb8%3A%3A7&from=2026-11-21T12%3A00%3A00.000Z");
});

test("a finding about an account names it, and links to its page and its wrong codes", () => {
  const found = { rule: "many failures on one account", key: "3f0a", count: 45 } as const;
  const told = findingWords({ ...found, who: { name: "Ada Lovelace", address: "a•••@example.com" } }, asOf);
  expect(told.what).toBe("Ada Lovelace, many wrong codes");
  expect(told.who).toBe("/admin/users/3f0a");
  expect(told.rows).toBe("/admin/codes?user=3f0a&wrong=yes&from=2026-11-21T12%3A00%3A00.000Z");
  const nameless = findingWords({ ...found, who: { name: null, address: "a•••@example.com" } }, asOf);
  expect(nameless.what).toBe("a•••@example.com, many wrong codes");
  expect(findingWords(found, asOf)).toMatchObject({ what: "A deleted account, many wrong codes" });
  expect(findingWords(found, asOf).who).toBeUndefined();
});

test("a finding about refusals past the log names their rule and purpose, and links to those in the log", () => {
  const found = { rule: "refusals past the log", key: "code.check sign-in attempts used up", count: 1234 } as const;
  const told = findingWords(found, asOf);
  expect(told.what).toBe("Refused: attempts used up, sign-in");
  expect(told.why).toMatch(/^1,234 in this hour and the one before/);
  expect(told.rows).toBe("/admin/audit?action=code.check");
  expect(findingWords({ ...found, key: "session.start - wrong password" }, asOf).what).toBe("Refused: wrong password");
});
