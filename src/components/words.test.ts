import { expect, it } from "vitest";
import type { Problem } from "@/trpc/problem";
import { sentence, words } from "./words";

const problem = (reason: Problem["reason"], more: Partial<Problem> = {}): Problem => ({
  reason,
  fieldErrors: {},
  ...more,
});

it.each([
  [2, "That code is not right. 2 tries left."],
  [1, "That code is not right. 1 try left."],
  [0, "That code is not right. No tries left: ask for a new one."],
  [undefined, "That code is not right, or no longer works. Ask for a new one."],
])("tells how many tries are left: %s", (attemptsRemaining, text) => {
  expect(sentence(problem("INVALID_CODE", { attemptsRemaining }))).toBe(text);
});

it("says when to try again", () => {
  expect(sentence(problem("RATE_LIMITED", { retryAfterSeconds: 700 }))).toMatch(/in 12 minutes\.$/);
  expect(sentence(problem("BUSY", { retryAfterSeconds: 5 }))).toMatch(/in 5 seconds\.$/);
  expect(sentence(problem("COOLDOWN", { retryAfterSeconds: 42 }))).toMatch(/in 42 seconds\.$/);
  expect(sentence(problem("COOLDOWN"))).toMatch(/in a minute\.$/);
});

it("says how long a code works", () => {
  expect(words.codeLife(600)).toBe("It expires in 10 minutes.");
  expect(words.codeLife(61)).toBe("It expires in 2 minutes.");
  expect(words.codeLife(60)).toBe("It expires in 1 minute.");
  expect(words.codeLife(0)).toBe("It has expired: ask for a new one.");
});
