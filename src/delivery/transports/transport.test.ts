import { expect, test } from "vitest";
import { secondsOf } from "./transport";

test.each([
  ["5", 5],
  ["0", 1],
  ["9".repeat(400), 86_400],
  ["Fri, 31 Dec 1999 23:59:59 GMT", 1],
  ["Fri, 31 Dec 9999 23:59:59 GMT", 86_400],
  ["-5", null],
  ["1.5", null],
  ["120, 120", null],
  ["5s", null],
  ["10m", null],
  ["1e9", null],
  ["PT5M", null],
  ["60;x", null],
  ["Xyz, 99 Abc 2026 99:99:99 GMT", null],
  ["", null],
  [null, null],
  [undefined, null],
])("Retry-After: %s is %s seconds", (header, seconds) => {
  expect(secondsOf(header)).toBe(seconds);
});

test("Retry-After: a date is the seconds until it", () => {
  const wait = secondsOf(new Date(Date.now() + 90_000).toUTCString());
  expect(wait).toBeGreaterThan(80);
  expect(wait).toBeLessThanOrEqual(90);
});
