import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./ensure.mjs";
import { codeOf, readRows } from "./requirements/table.mjs";

/** The number of requirements in each area, in the table's order. */
const areas = {
  COD: 10,
  THR: 10,
  ENU: 5,
  PWD: 7,
  SES: 9,
  REC: 8,
  LNK: 6,
  ADM: 6,
  INP: 7,
  HDR: 7,
  LOG: 5,
  DAT: 6,
  DEL: 6,
  ACC: 7,
  UX: 4,
  CFG: 7,
};
const requirements = Object.entries(areas).flatMap(([area, count]) =>
  Array.from({ length: count }, (_, at) => `${area}-${String(at + 1).padStart(2, "0")}`),
);

const rows = readRows();

test("docs/requirements.md lists each of the 110 requirements once, in order, 25 of them starred", () => {
  expect(requirements).toHaveLength(110);
  expect(rows.map(({ id }) => id)).toEqual(requirements);
  expect(rows.filter(({ star }) => star)).toHaveLength(25);
});

describe.each(rows)("$id", ({ id, what, files, instead }) => {
  test("has a description, and names its tests or says why it has none", () => {
    expect(what.length).toBeGreaterThan(5);
    expect(files.length > 0 || instead !== undefined).toBe(true);
  });

  test.each(files)("is named by a test in $path", ({ name, path }) => {
    expect(path).toMatch(/\.(test|spec)\.tsx?$/);
    expect(path.endsWith(`/${name}`)).toBe(true);
    expect(existsSync(join(root, path)), `${path} is not there`).toBe(true);
    expect(codeOf(path).includes(id), `${path} names no ${id}`).toBe(true);
  });
});
