import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { drawHouse } from "./house.mjs";

test("docs/house.svg matches the imports in src (`node scripts/house.mjs` draws it again)", () => {
  expect(readFileSync("docs/house.svg", "utf8")).toBe(drawHouse());
});
