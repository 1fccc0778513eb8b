import { describe, expect, it } from "vitest";
import { codeIn, codeOfMessage } from "./code";

describe("codeIn", () => {
  it.each([
    ["482913", "482913"],
    ["482 913", "482913"],
    ["482-913", "482913"],
    ["482–913", "482913"],
    ["482\u00a0913", "482913"],
    [" 4 8 2 9 1 3\n", "482913"],
    ["４８２ ９１３", "482913"],
    ["Your code is 482 913. It works for 10 minutes.", "482913"],
    ["482913\n10 minutes", "482913"],
    ["913", "913"],
  ])("finds the code in %j", (text, code) => {
    expect(codeIn(text, 6)).toBe(code);
  });

  it("finds no code in a text without digits", () => {
    expect(codeIn("hello", 6)).toBeNull();
  });
});

describe("codeOfMessage", () => {
  it.each([
    ["Enter this code.\n\n482913\n\nIt works for 10 minutes.", "482913"],
    ["482913 is your Latchkey sign-up code.\n\n@localhost #482913", "482913"],
    ["Your sign-up code\r\n48291357\r\n", "48291357"],
  ])("finds the code in %j", (text, code) => {
    expect(codeOfMessage(text)).toBe(code);
  });

  it.each(["You already have an account.", "http://localhost:4310/signin?token=123456", "#482913", "482913abc"])(
    "finds none in %j",
    (text) => {
      expect(codeOfMessage(text)).toBeUndefined();
    },
  );
});
