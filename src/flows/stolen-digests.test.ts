import { createHash, createHmac, randomBytes } from "node:crypto";
import { compare } from "@node-rs/bcrypt";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { keysFor } from "@/keys";
import { testDatabase } from "@/testing/database";
import { isLong } from "@/testing/long";
import { account, browser, freshPhone, identifierOf, phoneAccount, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { requestChange } from "./address-change";
import { requestCode as requestReset } from "./password-reset";
import { register } from "./registration";
import { requestCode as requestSignIn } from "./sign-in";
import { requestCode as requestSignUp } from "./sign-up";

testDatabase();
// The shortest length, for passcodes too, to give the thief every advantage.
process.env.VERIFICATION_OTP_LENGTH = "6";

/** A stolen digest of a store, and the other things that a thief with the source code knows. */
type Stolen = { store: string; purpose: string; subject: string; digest: Buffer; code: string };

const live = (address: string) => `live:${address.startsWith("+") ? "sms" : "email"}:${address}`;
const stolen: Stolen[] = [];
/** The digest with bcrypt over it. */
let slow = { stored: "", subject: "", code: "" };
/** The code tables and the ledger as text. */
let dump = "";

async function take(store: string, column: string, purpose: string, address: string): Promise<string> {
  const rows = await db().execute<{ digest: string }>(sql`
    select ${sql.identifier(column)} as digest from ${sql.identifier(store)}
    where ledger_s_no = (select max(s_no) from otp_verifications where email = ${address} or phone = ${address})`);
  const code = (await queuedCode(address)) ?? "";
  const stored = rows[0]?.digest.replace(/^[^.]+\./, "") ?? ""; // without the key's id
  if (purpose === "password-reset" && store === "password_reset_otps") slow = { stored, subject: live(address), code };
  else stolen.push({ store, purpose, subject: live(address), digest: Buffer.from(stored, "base64url"), code });
  return stored;
}

beforeAll(async () => {
  const fresh = () => `thief-${randomBytes(4).toString("hex")}@example.com`;
  const newcomer = fresh();
  await requestSignUp(identifierOf(newcomer), "live", browser());
  await take("signup_otps", "otp_code", "sign-up", newcomer);

  const { email: begun } = await account("live", { emailVerified: false, isProfileComplete: false });
  await requestSignUp(identifierOf(begun), "live", browser());
  await take("otps", "otp_code", "sign-up", begun);

  const { id, email } = await account("live");
  await requestSignIn(identifierOf(email), "live", browser());
  await take("email_otps", "otp", "sign-in", email);
  const next = fresh();
  await requestChange("email-change", identifierOf(next), await signedIn({ accountType: "live", id }));
  await take("email_otps", "otp", "email-change", next);
  await requestReset(identifierOf(email), "live", browser());
  await take("password_reset_otps", "otp", "password-reset", email);

  const { phone } = await phoneAccount({ phoneNumber: freshPhone() });
  await requestSignIn(identifierOf(phone), "live", browser());
  await take("phone_otps", "otp", "sign-in", phone);

  const registering = fresh();
  await register(registering, { password: "blue otter lamp chair", name: null }, browser());
  await take("passcodes", "code", "verification", registering);

  for (const table of [
    "otp_verifications",
    ...new Set(stolen.map(({ store }) => store)),
    "password_reset_otps",
    "users",
  ])
    for (const row of await db().execute<{ text: string }>(sql`select t::text as text from ${sql.identifier(table)} t`))
      dump += `${row.text}\n`;
});

const codesFrom = (from: number, length: number) =>
  Array.from({ length }, (_, n) => String(Math.max(0, from) + n).padStart(6, "0"));

/** The thousand codes around one, with the right one among them. */
const near = (code: string) => codesFrom(Number(code) - 500, 1000);

/** The codes to try: all, or in the short run those around each sent code, because only they can match. */
const tried = () => (isLong ? codesFrom(0, 1_000_000) : [...stolen, slow].flatMap(({ code }) => near(code)));

/** The engine's binding, written again: the thief has read the source code. */
function bindingOf({ store, purpose, subject }: Omit<Stolen, "digest" | "code">): Buffer {
  const parts = [store, purpose, subject].map((part) => [length(part), Buffer.from(part)]);
  return Buffer.concat([...parts.flat(), length("000000")]);
}
function length(part: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Buffer.byteLength(part));
  return bytes;
}

/** Tries codes. Returns the first whose digest is in the set. */
function tryAll(codes: string[], digestOf: (code: string) => Buffer, among: Set<number>): string | undefined {
  return codes.find((code) => among.has(digestOf(code).readUIntBE(0, 6)));
}

/** Possible digests in a text, in hexadecimal, Base64 or base64url, by their first 48 bits. */
function digestsIn(text: string): Set<number> {
  const found = new Set<number>();
  for (const [word] of text.matchAll(/[\w+/-]{16,}/g)) {
    for (const form of ["hex", "base64"] as const) {
      const bytes = Buffer.from(word, form); // "base64" reads base64url as well
      if (bytes.length >= 6) found.add(bytes.readUIntBE(0, 6));
    }
  }
  return found;
}

const sha256 = (...parts: (string | Buffer)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const hmac = (key: string | Buffer, ...parts: (string | Buffer)[]) => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

describe("tries at stolen digests, a million in the long run (COD-08)", () => {
  test("find no code by a plain hash, a hash with the subject, or an empty or wrong key", () => {
    const all = digestsIn(dump);
    for (const { digest } of stolen) expect(all.has(digest.readUIntBE(0, 6))).toBe(true);
    const [{ subject, ...one } = { subject: "", store: "", purpose: "" }] = stolen;
    const binding = bindingOf({ ...one, subject });
    const address = subject.replace("live:email:", "");
    const guesses: ((code: string) => Buffer)[] = [
      (code) => sha256(code),
      (code) => sha256(address, code),
      (code) => hmac("", binding, code),
      (code) => hmac(wrongKey, binding, code),
    ];
    for (const other of stolen.slice(1).map(bindingOf))
      guesses.push(
        (code) => sha256(other, code),
        (code) => hmac("", other, code),
        (code) => hmac(wrongKey, other, code),
      );
    const codes = tried();
    for (const guess of guesses) expect(tryAll(codes, guess, all)).toBeUndefined();
  }, 300_000);

  test("find each code with the right key, which proves that the search works", () => {
    const { bytes } = keysFor("code digest")[0];
    for (const one of stolen) {
      const binding = bindingOf(one);
      // Each is searched among its neighbours; one is searched among all.
      const found = tryAll(near(one.code), (code) => hmac(bytes, binding, code), digestsIn(dump));
      expect([one.store, found]).toEqual([one.store, one.code]);
    }
    const [one] = stolen;
    if (!one) throw new Error("nothing was stolen");
    const binding = bindingOf(one);
    expect(tryAll(tried(), (code) => hmac(bytes, binding, code), digestsIn(dump))).toBe(one.code);
  });

  test("a reset code's bcrypt is over the keyed digest: without the key, the right code does not match", async () => {
    const { stored, subject, code } = slow;
    expect(stored).toMatch(/^\$2[aby]\$12\$/);
    const binding = bindingOf({ store: "password_reset_otps", purpose: "password-reset", subject });
    for (const guess of [code, subject + code, hmac("", binding, code), hmac(wrongKey, binding, code)])
      expect(await compare(typeof guess === "string" ? guess : guess.toString("base64url"), stored)).toBe(false);
    const right = hmac(keysFor("code digest")[0].bytes, binding, code).toString("base64url");
    expect(await compare(right, stored)).toBe(true);
  });
});

/** A key derived from a wrongly guessed secret. */
const wrongKey = hmac("latchkey", "another secret of thirty-two bytes");
