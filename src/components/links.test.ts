import { expect, it } from "vitest";
import { linked } from "./links";

const links = (text: string) =>
  linked(text)
    .filter((part) => part.link)
    .map((part) => part.text);

it("finds addresses without the punctuation after them", () => {
  expect(links("Open http://localhost:3000/verify-email?token=a-b_c. Or (https://example.com/x)!")).toEqual([
    "http://localhost:3000/verify-email?token=a-b_c",
    "https://example.com/x",
  ]);
});

it("loses no text", () => {
  const text = "a https://example.com b\nhttps://example.com/c";
  expect(
    linked(text)
      .map((part) => part.text)
      .join(""),
  ).toBe(text);
});
