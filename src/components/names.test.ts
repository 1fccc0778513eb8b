import { expect, test } from "vitest";
import { choicesOf, memberOf, nameIn } from "./names";

const FRUIT = { apple: "Apple", pear: "Pear" } as const;

test("a text that is a member has its name", () => {
  expect([memberOf(FRUIT, "pear"), nameIn(FRUIT, "pear")]).toEqual(["pear", "Pear"]);
});

test.each(["plum", "", "constructor", "toString", null, undefined, ["pear"]])("%j is no member", (text) => {
  expect([memberOf(FRUIT, text), nameIn(FRUIT, text)]).toEqual([undefined, undefined]);
});

test("the choices are all members, in order", () => {
  expect(choicesOf(FRUIT)).toEqual([
    { value: "apple", name: "Apple" },
    { value: "pear", name: "Pear" },
  ]);
});
