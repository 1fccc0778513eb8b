import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./ensure.mjs";
import { codeOf, readRows } from "./requirements/table.mjs";

/** How many requirements each area has, in the order of the table. */
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

test("each of the 110 requirements stands in docs/requirements.md once, in order, 25 of them starred", () => {
  expect(requirements).toHaveLength(110);
  expect(rows.map(({ id }) => id)).toEqual(requirements);
  expect(rows.filter(({ star }) => star)).toHaveLength(25);
});

describe.each(rows)("$id", ({ id, what, files, instead }) => {
  test("says what it asks, and names its tests or why there are none", () => {
    expect(what.length).toBeGreaterThan(5);
    expect(files.length > 0 || instead !== undefined).toBe(true);
  });

  test.each(files)("$path tests it by name", ({ name, path }) => {
    expect(path).toMatch(/\.(test|spec)\.tsx?$/);
    expect(path.endsWith(`/${name}`)).toBe(true);
    expect(existsSync(join(root, path)), `${path} is not there`).toBe(true);
    expect(codeOf(path).includes(id), `${path} names no ${id}`).toBe(true);
  });
});
