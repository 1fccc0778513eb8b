import { expect, test } from "vitest";
import { filterWords } from "./filter-words";

test("a filter from a link has words, an invalid one has none", () => {
  expect(filterWords("from", "2026-11-15T00:00:00.000Z")).toBe("since 2026-11-15 00:00 UTC");
  expect(filterWords("min", "3")).toBe("tried 3 times or more");
  expect(filterWords("block", "+1415555")).toBe("to numbers that begin with +1415555");
  expect(filterWords("wrong", "yes")).toBe("with a wrong try");
  expect(filterWords("active", "no")).toBe("deactivated");
  for (const [name, value] of [
    ["from", "soon"],
    ["min", "many"],
    ["wrong", "no"],
    ["type", "toString"],
    ["pending", ""],
    ["utm_source", "mail"],
    ["constructor", "x"],
  ] as const)
    expect([name, filterWords(name, value)]).toEqual([name, null]);
});
