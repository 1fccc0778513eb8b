import { describe, expect, test } from "vitest";
import { canonicalEmail } from "./identifier";

describe("canonicalEmail", () => {
  test.each([
    ["ada@example.com", "ada@example.com"],
    ["  Ada@Example.COM ", "ada@example.com"],
    ["ada.b+tag@example.com", "ada.b+tag@example.com"],
    ["ada@BÜCHER.example", "ada@xn--bcher-kva.example"],
    ["ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"],
    ["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"],
    ["ada@ｅｘａｍｐｌｅ.com", "ada@example.com"],
    ["jose\u0301@example.com", "josé@example.com"],
    ["JOSÉ@example.com", "josé@example.com"],
  ])("%s is %s", (input, expected) => {
    expect(canonicalEmail(input)).toBe(expected);
  });

  test("look-alikes stay apart: recovery mail goes to nobody else (REC-01)", () => {
    expect(canonicalEmail("mıke@example.com")).not.toBe(canonicalEmail("mike@example.com"));
    expect(canonicalEmail("a.da@example.com")).not.toBe(canonicalEmail("ada@example.com"));
    expect(canonicalEmail("ada+x@example.com")).not.toBe(canonicalEmail("ada@example.com"));
  });

  test.each([
    "",
    "ada",
    "@example.com",
    "ada@",
    "ada@localhost",
    "ada@example",
    "a b@example.com",
    "ada@example.com, eve@example.com",
    "ada@example.com\nBcc: eve@example.com",
    "ada@exam ple.com",
    "ada@[127.0.0.1]",
    "ada@127.0.0.1",
    "ada..b@example.com",
    ".ada@example.com",
    '"ada"@example.com',
    "ada@example.com\0",
    "ada\ud800@example.com",
    "ada@-example.com",
    `${"a".repeat(65)}@example.com`,
    `ada@${"a.".repeat(130)}com`,
    "<ada@example.com>",
    "ada@example.com/path",
    "ada@example.com?x#y",
    "ada@example.com\\x",
    "ada@exa\nmple.com",
    "ada@exa%6dple.com",
    "ada@example.com:80",
    "ada\u202e@example.com",
  ])("%j is no address", (input) => {
    expect(canonicalEmail(input)).toBeNull();
  });
});
