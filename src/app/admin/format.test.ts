import { expect, test } from "vitest";
import { average, change, count, duration, percent, points } from "./format";

test("numbers have separators, shares one decimal, and null is a dash", () => {
  expect([count(39075), average(1.0833), percent(0.8604), percent(null)]).toEqual(["39,075", "1.08", "86.0 %", "–"]);
});

test.each([
  [0, "0 s"],
  [24, "24 s"],
  [60, "1 min"],
  [130, "2 min 10 s"],
  [3600, "1 h"],
  [7260, "2 h 1 min"],
  [86400, "24 h"],
  [2592000, "30 days"],
  [null, "–"],
])("%s seconds are %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("a comparison says more or less", () => {
  expect(change(1062, 1000)).toBe("6.2 % more than before");
  expect(change(500, 1000)).toBe("50.0 % less than before");
  expect([change(20322, 24), change(999, 100)]).toEqual(["847 times as many as before", "899.0 % more than before"]);
  expect([change(3, 0), change(0, 0), change(3, 3)]).toEqual([
    "none before",
    "none before either",
    "as many as before",
  ]);
  expect(points(0.86, 0.891)).toBe("3.1 points less than before");
  expect([points(0.5, 0.5), points(null, 0.5)]).toEqual(["as before", null]);
});
