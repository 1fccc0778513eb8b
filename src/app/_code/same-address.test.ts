import { expect, test } from "vitest";
import { isSameAddress, isSameChallenge } from "./same-address";

test.each([
  ["ada@example.com", " Ada@Example.com "],
  ["+14155550134", "+1 (415) 555-0134"],
  ["+14155550134", "415.555.0134"],
  ["+14155550134", "001 415 555 0134"],
  ["+442079460018", "020 7946 0018"],
  ["+14155550134", "＋１ 415 555 0134"],
])("%s was typed as %j", (kept, typed) => {
  expect(isSameAddress(kept, typed)).toBe(true);
});

test.each([
  ["ada@example.com", "grace@example.com"],
  ["ada@example.com", "+1 415 555 0134"],
  ["+14155550134", "+1 415 555 0135"],
  ["+14155550134", "0134"],
  ["+14155550134", "14155550134@example.com"],
  ["+14155550134", ""],
])("%s was not typed as %j", (kept, typed) => {
  expect(isSameAddress(kept, typed)).toBe(false);
});

test("a code of the other account type is not the same challenge", () => {
  const challenge = { identifier: "ada@example.com", accountType: "demo" } as const;
  expect(isSameChallenge(challenge, challenge)).toBe(true);
  expect(isSameChallenge(challenge, { ...challenge, accountType: "live" })).toBe(false);
  expect(isSameChallenge(null, challenge)).toBe(false);
});
