import { describe, expect, it } from "vitest";
import { digitsOf, pastedCode } from "./code";

describe("digitsOf", () => {
  it.each(["482913", "482 913", "482-913", " 4 8 2 9 1 3\n", "４８２ ９１３", "482\u00a0913", "482–913"])(
    "reads %j",
    (text) => {
      expect(digitsOf(text)).toBe("482913");
    },
  );

  it("leaves nothing of a text without digits", () => {
    expect(digitsOf("hello")).toBe("");
  });
});

describe("pastedCode", () => {
  it.each([
    ["482913", "482913"],
    ["482-913", "482913"],
    ["４８２ ９１３", "482913"],
    ["Your code is 482 913. It works for 10 minutes.", "482913"],
    ["482913\n10 minutes", "482913"],
    ["913", "913"],
  ])("finds the code in %j", (text, code) => {
    expect(pastedCode(text, 6)).toBe(code);
  });

  it("leaves a text without digits to the browser", () => {
    expect(pastedCode("hello", 6)).toBeNull();
  });
});
