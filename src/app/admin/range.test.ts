import { expect, test } from "vitest";
import { justBefore, rangeOf, wholeDays } from "./range";

const now = Date.parse("2026-05-22T14:32:10.500Z");

test("a range of days begins with a UTC day and ends with the minute", () => {
  expect(rangeOf({ range: "7d" }, now)).toEqual({
    name: "7d",
    from: "2026-05-16T00:00:00.000Z",
    to: "2026-05-22T14:33:00.000Z",
    words: "last 7 days",
    days: 7,
    firstDay: "2026-05-16",
    lastDay: "2026-05-22",
    ranking: 7,
  });
  expect(rangeOf({ range: "90d" }, now)).toMatchObject({ from: "2026-02-22T00:00:00.000Z", days: 90, ranking: 90 });
});

test("24 hours are the last 24, which touch two days", () => {
  expect(rangeOf({ range: "24h" }, now)).toMatchObject({ from: "2026-05-21T14:33:00.000Z", days: 2, ranking: 7 });
});

test("typed days include both ends, and today ends with the current minute", () => {
  expect(rangeOf({ from: "2026-05-01", to: "2026-05-03" }, now)).toMatchObject({
    name: null,
    from: "2026-05-01T00:00:00.000Z",
    to: "2026-05-04T00:00:00.000Z",
    words: "2026-05-01 to 2026-05-03",
    days: 22,
    firstDay: "2026-05-01",
    lastDay: "2026-05-03",
    ranking: 30,
  });
  expect(rangeOf({ from: "2026-05-22" }, now)).toMatchObject({ to: "2026-05-22T14:33:00.000Z", words: "2026-05-22" });
});

test.each([
  { range: "1y" },
  { range: ["7d"] },
  { range: "constructor" },
  { from: "2026-02-31" },
  { from: "2026-05-03", to: "2026-05-01" },
  { from: "2027-01-01" },
  { from: "2020-01-01", to: "2026-05-01" },
  { from: "yesterday" },
])("an invalid range is the last 7 days: %j", (params) => {
  expect(rangeOf(params, now)).toMatchObject({ name: "7d" });
});

test("whole days are all days that a range touches", () => {
  expect(wholeDays({ from: "2026-05-21T14:33:00.000Z", to: "2026-05-22T14:33:00.000Z" })).toEqual({
    from: "2026-05-21T00:00:00.000Z",
    to: "2026-05-23T00:00:00.000Z",
  });
  const days = { from: "2026-05-21T00:00:00.000Z", to: "2026-05-22T00:00:00.000Z" };
  expect(wholeDays(days)).toEqual(days);
});

test("a range is compared with the time of the same length before it", () => {
  const range = { from: "2026-05-16T00:00:00.000Z", to: "2026-05-22T12:00:00.000Z" };
  expect(justBefore(range)).toEqual({ from: "2026-05-09T12:00:00.000Z", to: range.from });
});
