import { describe, expect, test } from "vitest";
import { stranger } from "@/testing/hashing";
import { testSettings } from "@/testing/settings";
import { hashPassword, passwordFault, passwordMatches } from "./passwords";

testSettings();

describe("passwordFault", () => {
  test("counts code points, not UTF-16 units (PWD-01)", () => {
    expect(passwordFault("fourteen chars", [])).toBe("PASSWORD_TOO_SHORT");
    expect(passwordFault("fifteen of them", [])).toBeNull();
    expect(passwordFault("🔑🚪🏠🔒🪟🧱🪜🧹", [])).toBe("PASSWORD_TOO_SHORT");
  });

  test("names the upper bound, and has no composition rules (PWD-02, PWD-03)", () => {
    expect(passwordFault("blue otter lamp ".repeat(16), [])).toBeNull();
    expect(passwordFault(`${"blue otter lamp ".repeat(16)}!`, [])).toBe("PASSWORD_TOO_LONG");
    expect(passwordFault("abgxkqzmwertyvo", [])).toBeNull();
  });

  test.each([
    "passwordpassword",
    "qwertyuiopasdfgh",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "1234567890123456",
    "9876543210987654",
    "abcdefghijklmnop",
    "latchkey latchkey 1",
    "ada.lovelace.2026!!",
    "Lovelace-Lovelace",
  ])("%s is common (PWD-04)", (password) => {
    expect(passwordFault(password, ["Ada Lovelace", "ada.lovelace@example.com"])).toBe("PASSWORD_COMMON");
  });

  test("accepts a passphrase that contains a word of the context among others", () => {
    expect(passwordFault("lovelace wrote the first program", ["Ada Lovelace"])).toBeNull();
  });
});

describe("hashing", () => {
  test("covers the whole password, past 72 bytes and a NUL (PWD-02)", async () => {
    const stored = await hashPassword(`${"é".repeat(72)}X`, stranger);
    expect(stored).toMatch(/^\$2[aby]\$12\$/);
    expect(await passwordMatches(`${"é".repeat(72)}X`, stored, stranger)).toBe(true);
    expect(await passwordMatches(`${"é".repeat(72)}Y`, stored, stranger)).toBe(false);
    expect(await passwordMatches("before\0after!", await hashPassword("before\0other!", stranger), stranger)).toBe(
      false,
    );
  });

  test("gives two people with one password two hashes, of bcrypt and cost 12 (PWD-05)", async () => {
    const [one, other] = await Promise.all([
      hashPassword("blue otter lamp", stranger),
      hashPassword("blue otter lamp", stranger),
    ]);
    expect(one).not.toBe(other);
    for (const stored of [one, other]) {
      expect(stored).toMatch(/^\$2[aby]\$12\$[./\w]{53}$/);
      expect(await passwordMatches("blue otter lamp", stored, stranger)).toBe(true);
    }
  });

  test("counts spaces, and treats NFD and NFC as one password (PWD-03)", async () => {
    const stored = await hashPassword(" café au lait ", stranger);
    expect(await passwordMatches(" cafe\u0301 au lait ", stored, stranger)).toBe(true);
    expect(await passwordMatches("café au lait", stored, stranger)).toBe(false);
  });

  test("does the same work without a stored hash, and matches nothing (ENU-02)", async () => {
    await passwordMatches("warm up the dummy", null, stranger);
    const timed = async (stored: string | null) => {
      const from = performance.now();
      const matches = await passwordMatches("no account has this password", stored, stranger);
      return { matches, ms: performance.now() - from };
    };
    const stored = await hashPassword("another password here", stranger);
    const without = await timed(null);
    const withHash = await timed(stored);
    expect(without.matches).toBe(false);
    expect(without.ms).toBeGreaterThan(withHash.ms / 3);
  });
});
