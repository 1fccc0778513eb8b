import { expect, test } from "vitest";
import { code, isReadable } from "./input";

test.each(["Ada", "李", "🔑", "Zoë van der Berg", "می\u200cخواهم", "👩\u200d💻", "O\u2019Neil", "X Æ A-12"])(
  "%s is a name",
  (name) => {
    expect(isReadable(name)).toBe(true);
  },
);

test.each(["", " ", "...", "\u200b", "\u3164", "\u00ad", "\u{e0041}", `a${"\u0301".repeat(100)}`, "Ada\u200b"])(
  "%j is none",
  (name) => {
    expect(isReadable(name)).toBe(false);
  },
);

test.each(["123456", " 123 456 ", "123-456", "１２３ ４５６", "123\u2013456"])("%s is a code (UX-01)", (typed) => {
  expect(code.parse(typed)).toBe("123456");
});
