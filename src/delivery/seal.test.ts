import { beforeEach, describe, expect, test, vi } from "vitest";
import { testSettings } from "@/testing/settings";

const older = "older-Zq8vR2mTn5LwXc0KdYhB7sPfJ1uGiA3e";
const newer = "newer-M4xTb9QnWk2VfRz6LcHsYp0DjUaGe7Ii";

/** Loads the module with these secrets. A process reads its keys once. */
async function withSecrets(...secrets: string[]) {
  vi.resetModules();
  testSettings({ APP_SECRET: secrets.join(",") });
  return import("./seal");
}

let seal: Awaited<ReturnType<typeof withSecrets>>;
beforeEach(async () => {
  seal = await withSecrets(newer);
});

describe("a sealed text", () => {
  test("opens to the original text", () => {
    for (const text of ["", "482913", "ü 😀".repeat(500)]) {
      expect(seal.open(seal.seal(text, "delivery:1"), "delivery:1")).toBe(text);
    }
  });

  test("does not show the text, and differs each time", () => {
    const one = seal.seal("482913", "delivery:1");
    expect(one).not.toBe(seal.seal("482913", "delivery:1"));
    expect(Buffer.from(one.split(".")[1] ?? "", "base64url").toString("latin1")).not.toContain("482913");
  });

  test("does not open in another row", () => {
    const sealed = seal.seal("482913", "delivery:1");
    expect(() => seal.open(sealed, "delivery:2")).toThrow(seal.SealBroken);
    expect(() => seal.open(sealed, "inbox:1")).toThrow(seal.SealBroken);
  });

  test("does not open after a change of any byte", () => {
    const [keyId, body = ""] = seal.seal("482913", "delivery:1").split(".");
    const bytes = Buffer.from(body, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(at) ^ 1, at);
      expect(() => seal.open(`${keyId}.${forged.toString("base64url")}`, "delivery:1")).toThrow(seal.SealBroken);
    }
    // A short tag is easier to guess: unless told the length, node accepts one of 4 bytes.
    for (let length = 0; length < bytes.length; length++) {
      const cut = `${keyId}.${bytes.subarray(0, length).toString("base64url")}`;
      expect(() => seal.open(cut, "delivery:1")).toThrow(seal.SealBroken);
    }
  });

  test.each(["", ".", "nonsense", "00000000.AAAA", "{}"])("%j does not open", (forged) => {
    expect(() => seal.open(forged, "delivery:1")).toThrow(seal.SealBroken);
  });
});

describe("after a rotation (CFG-04)", () => {
  test("a text of the older key opens while that key is kept, and new texts use the newer key", async () => {
    const before = await withSecrets(older);
    const sealed = before.seal("482913", "delivery:1");
    const during = await withSecrets(newer, older);
    expect(during.open(sealed, "delivery:1")).toBe("482913");
    const after = await withSecrets(newer);
    expect(after.open(during.seal("071355", "delivery:1"), "delivery:1")).toBe("071355");
    expect(() => after.open(sealed, "delivery:1")).toThrow("no key of this id");
  });

  test("a text does not open with another key's id in front", async () => {
    const one = (await withSecrets(older)).seal("482913", "delivery:1");
    const both = await withSecrets(newer, older);
    const [newerId] = both.seal("", "").split(".");
    expect(() => both.open(`${newerId}.${one.split(".")[1]}`, "delivery:1")).toThrow(both.SealBroken);
  });
});
