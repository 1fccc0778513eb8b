import { expect, test } from "vitest";
import { safeNext } from "./safe-next";

test.each([
  "/account",
  "/account#password",
  "/account?page=2#change-email",
  "/admin/users?query=ada%40example.com&page=2",
  "/admin/users/7c9e6679-7425-40de-944b-e07fc1f90ae7",
  "/",
])("%s is accepted as a path of this site", (path) => {
  expect(safeNext(path)).toBe(path);
});

test.each([
  undefined,
  "",
  "account",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/%09/evil.example",
  "/\t/evil.example",
  "https:evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "/..//evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "@evil.example",
  "localhost.evil.example",
  "/\r\nLocation: https://evil.example",
  "/%0d%0aLocation:%20https://evil.example",
  "/%2f/evil.example",
  "/%2Fevil.example",
  "/%5cevil.example",
  "/account#",
  "/account#//evil.example",
  "/account#a#b",
  "#//evil.example",
  "/%252fevil.example\0",
  ["/account", "/admin"],
])("%j is refused as a path of this site (LNK-05)", (value) => {
  expect(safeNext(value)).toBeNull();
});
