import { expect, it } from "vitest";
import { clock, countdown, spoken } from "./clock";

it.each([
  [0, "0:00"],
  [9, "0:09"],
  [42, "0:42"],
  [60, "1:00"],
  [605, "10:05"],
])("shows %i seconds as %s", (seconds, shown) => {
  expect(clock(seconds)).toBe(shown);
});

it.each([
  [53, "0:53"],
  [599, "9:59"],
  [601, "11 minutes"],
  [3480, "58 minutes"],
])("counts %i seconds down as %s", (seconds, shown) => {
  expect(countdown(seconds)).toBe(shown);
});

it.each([
  [0, "1 second"],
  [1, "1 second"],
  [41.2, "42 seconds"],
  [60, "1 minute"],
  [61, "2 minutes"],
  [3540, "59 minutes"],
  [3600, "1 hour"],
  [3601, "2 hours"],
])("says %d seconds as %s", (seconds, said) => {
  expect(spoken(seconds)).toBe(said);
});
