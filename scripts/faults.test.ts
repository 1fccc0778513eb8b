import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./ensure.mjs";
import { planted } from "./faults/planted.mjs";
import { verdictOf } from "./faults/verdict.mjs";
import { codeOf, readRows } from "./requirements/table.mjs";

const rows = readRows();

/** Requirements without a star whose tests once passed with the defence removed. */
const ONCE_GREEN =
  "ADM-03 DAT-03 DAT-04 DEL-01 ENU-02 LNK-03 LOG-05 PWD-07 REC-05 SES-03 SES-06 THR-05 THR-08 THR-09 THR-10".split(" ");

test("each starred requirement, and each whose tests once passed without the defence, has a planted fault", () => {
  const asked = [...rows.filter(({ star }) => star).map(({ id }) => id), ...ONCE_GREEN];
  const have = new Set(planted.map(({ requirement }) => requirement));
  expect(asked.filter((id) => !have.has(id))).toEqual([]);
});

test("the names of the planted faults are unique", () => {
  expect(new Set(planted.map(({ name }) => name)).size).toBe(planted.length);
});

describe.each(planted)("$requirement: $name", ({ requirement, file, from, to, tests, only = requirement }) => {
  test("replaces a text that occurs exactly once in its file", () => {
    expect(readFileSync(join(root, file), "utf8").split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  });

  test("names tests of its requirement, and a filter that matches titles in each of them", () => {
    const row = rows.find(({ id }) => id === requirement);
    expect(tests.length).toBeGreaterThan(0);
    for (const path of tests) {
      expect(row?.files.map((named) => named.path)).toContain(path);
      expect(existsSync(join(root, path))).toBe(true);
      expect(codeOf(path)).toMatch(new RegExp(only));
    }
  });
});

describe("a fault counts as found only if an assertion fails", () => {
  const fault = { requirement: "COD-03", tests: ["a.test.ts"] };
  const ran = (failures: string[], name = "works once (COD-03)") => ({
    tests: [{ file: "a.test.ts", name, failures }],
  });
  test.each<[string, { tests: { file: string; name: string; failures: string[] }[] }, string]>([
    ["an assertion of Vitest's", ran(["AssertionError: expected 2 to be 1"]), "found"],
    ["an assertion of Playwright's", ran(["Error: expect(locator).toBeVisible() failed"]), "found"],
    ["a refusal that did not come", ran(['Error: promise resolved "1" instead of rejecting']), "found"],
    ["a counterexample", ran(["Error: Property failed after 3 tests\n{ seed: 1 }"]), "found"],
    ["none", ran([]), "green"],
    ["a module that does not load", { tests: [] }, "not run"],
    ["an error", ran(["TypeError: x is not a function"]), "not run"],
    ["a time-out", ran(["Error: Test timed out in 120000ms."]), "not run"],
    ["a failure of another requirement's test", ran(["AssertionError: expected"], "is said (COD-02)"), "not run"],
  ])("%s", (_what, tests, verdict) => {
    expect(verdictOf(fault, tests)).toMatchObject([{ test: "a.test.ts", verdict }]);
  });
});
