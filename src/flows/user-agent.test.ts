import Bowser from "bowser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deviceInWords } from "./user-agent";

const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64";

test.each([
  [`${windows}; rv:138.0) Gecko/20100101 Firefox/138.0`, "Firefox on Windows"],
  [`${windows}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36`, "Chrome on Windows"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
    "Safari on iOS",
  ],
  ["Call 1-800-555-0199 now/1.0 (Windows NT 10.0)", "Windows"],
  ["curl/8.7.1", "Unknown device"],
  ["", "Unknown device"],
  [null, "Unknown device"],
])("%s is %s", (userAgent, words) => {
  expect(deviceInWords(userAgent)).toBe(words);
});

test("the words come from the app, whatever a browser calls itself", () => {
  const names = [...Object.values(Bowser.BROWSER_MAP), ...Object.values(Bowser.OS_MAP)];
  const ours = new Set(["Unknown device", ...names]);
  const stranger = fc.string({ unit: "grapheme" });
  const shaped = fc
    .tuple(stranger, fc.constantFrom(" (x)", " (Windows NT 10.0)", " Firefox/138.0", " "))
    .map(([words, rest]) => `Your account is locked, call ${words}/1.0${rest}`);
  fc.assert(
    fc.property(fc.oneof(stranger, shaped), (userAgent) => {
      for (const part of deviceInWords(userAgent).split(" on ")) expect(ours).toContain(part);
    }),
  );
});
