import { expect, test } from "vitest";
import { maskAddress } from "./mask";

test.each([
  ["ada@example.com", "a•••@example.com"],
  ["a@example.com", "a•••@example.com"],
  ["ada.lovelace+visit-evil.example@example.com", "a•••@example.com"],
  ['"odd@local"@example.com', '"•••@example.com'],
  ["😀x@example.com", "😀•••@example.com"],
  ["+14155550134", "+1 415 ••• 0134"],
  ["+447911123456", "+44 791 ••• 3456"],
  ["+493012345", "+49 ••• 2345"],
  ["@example.com", "•••"],
  ["anything else", "•••"],
  ["", "•••"],
])("%s is shown as %s", (value, shown) => {
  expect(maskAddress(value)).toBe(shown);
});

test("at least three digits of a phone number stay hidden", () => {
  for (let length = 7; length <= 15; length++) {
    for (const first of ["1", "4"]) {
      const digits = first.padEnd(length, "23456789");
      const shown = maskAddress(`+${digits}`).replace(/\D/g, "");
      expect(digits.length - shown.length, digits).toBeGreaterThanOrEqual(3);
    }
  }
});
