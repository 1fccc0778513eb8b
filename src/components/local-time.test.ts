import { expect, test } from "vitest";
import { localTime } from "./local-time";

test("a moment of this year has seconds, one of another year has its year", () => {
  const now = new Date(2026, 10, 21, 12);
  expect(localTime(new Date(2026, 1, 3, 4, 5, 6), "second", now)).toBe("3 Feb, 04:05:06");
  expect(localTime(new Date(2025, 10, 21, 4, 5, 6), "second", now)).toBe("21 Nov 2025, 04:05");
});
