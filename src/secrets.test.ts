import { expect, test } from "vitest";
import { hashSecret, newSecret } from "./secrets";

test("a secret is 32 random bytes in base64url, and its stored hash is SHA-256", () => {
  const secrets = Array.from({ length: 1000 }, newSecret);
  expect(new Set(secrets).size).toBe(1000);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
  expect(hashSecret("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
