import { beforeEach, describe, expect, test } from "vitest";
import { stranger } from "@/testing/hashing";
import { testSettings } from "@/testing/settings";
import { codeMatches, digestCode, drawCode } from "./code";

const OLD = "k3J9xQ2mV7bN4cT8wR5yL1pD6fH0sZaG";
const NEW = "Zq8Wn3Lx6Vb1Mc9Rt4Yp7Kd2Hf5Js0Ga";
beforeEach(() => testSettings({ APP_SECRET: OLD }));

const binding = { store: "signup_otps", purpose: "sign-up", subject: "live:email:ada@example.com" };

describe("drawCode", () => {
  const codes = Array.from({ length: 100_000 }, () => drawCode(6));

  test("has no bias (COD-01): χ² of the first digit, and the shares that 24 or 20 random bits modulo 10⁶ would shift", () => {
    const counts = Array.from(
      { length: 10 },
      (_, digit) => codes.filter((code) => code.startsWith(String(digit))).length,
    );
    const chi2 = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(33.7); // 9 degrees of freedom, p = 10⁻⁴
    for (const cut of [777_216, 48_576]) {
      const p = cut / 1_000_000;
      const share = codes.filter((code) => Number(code) < cut).length / codes.length;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / codes.length));
    }
  });

  test("returns text with leading zeros at every length (COD-02)", () => {
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    const zeros = codes.filter((code) => code.startsWith("0")).length / codes.length;
    expect(Math.abs(zeros - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / codes.length));
    expect(drawCode(10)).toMatch(/^\d{10}$/);
  });
});

describe.each(["hmac", "bcrypt"] as const)("%s digests (COD-08)", (hash) => {
  test("match their own code only", async () => {
    const digest = await digestCode("000042", binding, hash, stranger);
    if (hash === "bcrypt") expect(digest).toMatch(/^[0-9a-f]{8}\.\$2[aby]\$12\$/);
    expect(await codeMatches("000042", digest, binding, hash, stranger)).toBe(true);
    for (const other of ["42", "0000420", "000043", ""])
      expect(await codeMatches(other, digest, binding, hash, stranger)).toBe(false);
    expect(digest).not.toContain("000042");
  });

  test("match nothing for another store, purpose or subject", async () => {
    const digest = await digestCode("123456", binding, hash, stranger);
    for (const moved of [{ store: "otps" }, { purpose: "sign-in" }, { subject: "demo:email:ada@example.com" }])
      expect(await codeMatches("123456", digest, { ...binding, ...moved }, hash, stranger)).toBe(false);
    // The length comes first, so that no two bindings have the same bytes.
    const glued = { store: "signup_otpss", purpose: "ign-up", subject: binding.subject };
    expect(await codeMatches("123456", digest, glued, hash, stranger)).toBe(false);
  });

  test("match no code if they are missing or malformed", async () => {
    const cut = (await digestCode("123456", binding, hash, stranger)).slice(0, -1);
    for (const digest of [null, "", ".", "00000000.", "x.y", `${cut.slice(0, 9)}`, cut])
      expect(await codeMatches("123456", digest, binding, hash, stranger)).toBe(false);
  });

  test("match after a rotation while their key is listed, and not after it is removed (CFG-04)", async () => {
    const digest = await digestCode("123456", binding, hash, stranger);
    testSettings({ APP_SECRET: `${NEW},${OLD}` });
    expect(await codeMatches("123456", digest, binding, hash, stranger)).toBe(true);
    expect((await digestCode("123456", binding, hash, stranger)).split(".")[0]).not.toBe(digest.split(".")[0]);
    testSettings({ APP_SECRET: NEW });
    expect(await codeMatches("123456", digest, binding, hash, stranger)).toBe(false);
  });
});
