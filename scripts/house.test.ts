import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { drawHouse } from "./house.mjs";

test("the picture of the house is of this code: `node scripts/house.mjs` draws it anew", () => {
  expect(readFileSync("docs/house.svg", "utf8")).toBe(drawHouse());
});
