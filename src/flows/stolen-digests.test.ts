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
// As short as a code can be, for passcodes too: the thief has every advantage.
process.env.VERIFICATION_OTP_LENGTH = "6";

/** A store's digest as it was stolen, and what a thief with the source knows beside it. */
type Stolen = { store: string; purpose: string; subject: string; digest: Buffer; code: string };

const live = (address: string) => `live:${address.startsWith("+") ? "sms" : "email"}:${address}`;
const stolen: Stolen[] = [];
/** The one that bcrypt is laid over. */
let slow = { stored: "", subject: "", code: "" };
/** All that is in the tables of codes and on the ledger, as text. */
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

/** The thousand codes around one: the right one is among them. */
const near = (code: string) => codesFrom(Number(code) - 500, 1000);

/** What is tried: all the codes there are, or in the short run those around each that was sent, which are all that can match. */
const tried = () => (isLong ? codesFrom(0, 1_000_000) : [...stolen, slow].flatMap(({ code }) => near(code)));

/** The engine's binding, spelt once more: whoever steals the database has read the source. */
function bindingOf({ store, purpose, subject }: Omit<Stolen, "digest" | "code">): Buffer {
  const parts = [store, purpose, subject].map((part) => [length(part), Buffer.from(part)]);
  return Buffer.concat([...parts.flat(), length("000000")]);
}
function length(part: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Buffer.byteLength(part));
  return bytes;
}

/** Tries codes, and returns the first whose digest is among those. */
function tryAll(codes: string[], digestOf: (code: string) => Buffer, among: Set<number>): string | undefined {
  return codes.find((code) => among.has(digestOf(code).readUIntBE(0, 6)));
}

/** Whatever might be a digest in a text, in hexadecimal, Base64 or base64url, by its first 48 bits. */
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

describe("tries at what was stolen, a million in the long run (COD-08)", () => {
  test("find no code: hashed plainly, with its subject, or under a key that is empty or not ours", () => {
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

  test("find each with the right key: the search is the right one", () => {
    const { bytes } = keysFor("code digest")[0];
    for (const one of stolen) {
      const binding = bindingOf(one);
      // Among its neighbours; that it is found among all is shown for one.
      const found = tryAll(near(one.code), (code) => hmac(bytes, binding, code), digestsIn(dump));
      expect([one.store, found]).toEqual([one.store, one.code]);
    }
    const [one] = stolen;
    if (!one) throw new Error("nothing was stolen");
    const binding = bindingOf(one);
    expect(tryAll(tried(), (code) => hmac(bytes, binding, code), digestsIn(dump))).toBe(one.code);
  });

  test("a reset code's bcrypt is over the keyed digest: without the key, the right code itself does not match it", async () => {
    const { stored, subject, code } = slow;
    expect(stored).toMatch(/^\$2[aby]\$12\$/);
    const binding = bindingOf({ store: "password_reset_otps", purpose: "password-reset", subject });
    for (const guess of [code, subject + code, hmac("", binding, code), hmac(wrongKey, binding, code)])
      expect(await compare(typeof guess === "string" ? guess : guess.toString("base64url"), stored)).toBe(false);
    const right = hmac(keysFor("code digest")[0].bytes, binding, code).toString("base64url");
    expect(await compare(right, stored)).toBe(true);
  });
});

/** As a thief would derive it, had he guessed at the secret. */
const wrongKey = hmac("latchkey", "another secret of thirty-two bytes");
