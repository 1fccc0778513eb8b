import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { session } from "@/testing/sessions";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

const person = (row: Parameters<typeof account>[1] = {}) => account("live", { password: passwordHash, ...row });
const code = async (address: string) => (await queuedCode(address)) ?? "000000";

async function signInByCode(address: string, from = browser(), type: "live" | "demo" = "live") {
  await requestCode(identifierOf(address), type, from);
  return verifyCode(identifierOf(address), type, await code(address), from);
}

describe("signing in, by the table of account states", () => {
  const states = [
    ["active", {}, "account"],
    ["incomplete", { isProfileComplete: false }, "profile"],
    ["unproven", { emailVerified: false }, null],
    ["deactivated", { isActive: false }, null],
    ["proven by another address", { emailVerified: false, phoneNumber: freshPhone(), phoneVerified: true }, null],
  ] as const;

  test.each(states)("%s, by password and by code", async (_state, row, next) => {
    const { id, email } = await person(row);
    const byPassword = await signInByPassword(identifierOf(email), "live", PASSWORD, browser());
    const byCode = await signInByCode(email);
    if (next) {
      expect(byPassword).toMatchObject({ ok: true, value: { next } });
      expect(byCode).toMatchObject({ ok: true, value: { next } });
      expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lastLoginAt).toBeInstanceOf(Date);
    } else {
      expect(byPassword).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
      expect(byCode).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 });
      const [sent] = await db().select().from(deliveries).where(eq(deliveries.recipient, email));
      expect(sent).toMatchObject({ decoy: true });
    }
  });

  test("gives an unknown address the same answer as a known one", async () => {
    const [known, unknown] = [(await person()).email, freshEmail()];
    const [a, b] = [
      await requestCode(identifierOf(known), "live", browser()),
      await requestCode(identifierOf(unknown), "live", browser()),
    ];
    expect(a.ok && { ...a.value, to: "" }).toEqual(b.ok && { ...b.value, to: "" });
  });
});

describe("by phone", () => {
  test("a number signs up, is adopted, and signs in by code and by password", async () => {
    const phone = freshPhone();
    const from = browser();
    expect(await requestSignUp(identifierOf(phone), "live", from)).toMatchObject({
      ok: true,
      value: { channel: "sms", expiresInSeconds: 300 },
    });
    const [row] = await db().execute(sql`select user_id, type, phone from phone_otps where phone = ${phone}`);
    expect(row).toEqual({ user_id: null, type: "SIGNUP", phone });
    expect(await verifySignUp(identifierOf(phone), "live", await code(phone), from)).toMatchObject({
      ok: true,
      value: { next: "profile" },
    });
    const [made] = await db().select().from(users).where(eq(users.phoneNumber, phone));
    expect(made).toMatchObject({ email: null, phoneVerified: true, emailVerified: false });
    const [ledger] = await db().execute(sql`select user_id, country from otp_verifications where phone = ${phone}`);
    expect(ledger).toEqual({ user_id: made?.id, country: "US" });

    await db()
      .update(users)
      .set({ password: passwordHash, isProfileComplete: true })
      .where(eq(users.id, made?.id ?? ""));
    expect(await signInByCode(phone)).toMatchObject({ ok: true, value: { next: "account" } });
    expect(await signInByPassword(identifierOf(phone), "live", PASSWORD, browser())).toMatchObject({ ok: true });
    await requestSignUp(identifierOf(phone), "live", browser());
    expect(await queuedMessage(phone)).toMatchObject({ template: "already-registered" });
  });

  test("a number that its account has not proven opens nothing, and gets no message (REC-08)", async () => {
    const phone = freshPhone();
    await person({ phoneNumber: phone, phoneVerified: false });
    expect(await signInByCode(phone)).toMatchObject({ ok: false });
    expect(await signInByPassword(identifierOf(phone), "live", PASSWORD, browser())).toMatchObject({ ok: false });
    const from = browser();
    await requestSignUp(identifierOf(phone), "live", from);
    expect(await verifySignUp(identifierOf(phone), "live", await code(phone), from)).toMatchObject({ ok: false });
    expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${phone} and not decoy`)).toBe(0);
  });

  test("demo accounts have no number", async () => {
    for (const ask of [requestSignUp, requestCode])
      expect(await ask(identifierOf(freshPhone()), "demo", browser())).toMatchObject({
        reason: "BAD_REQUEST",
        fieldErrors: { identifier: [expect.any(String)] },
      });
  });
});

test("an invited address is proven by a code in 001's own table", async () => {
  const { email, id } = await account("live", {
    emailVerified: false,
    isProfileComplete: false,
    invitedAt: new Date(),
  });
  const from = browser();
  await requestSignUp(identifierOf(email), "live", from);
  expect(await db().execute(sql`select type from email_otps where user_id = ${id}`)).toEqual([{ type: "SIGNUP" }]);
  expect(await verifySignUp(identifierOf(email), "live", await code(email), from)).toMatchObject({
    ok: true,
    value: { next: "profile" },
  });
});

test("a demo account signs in by code, separately from the live account with the same address", async () => {
  const { email } = await person();
  expect(await signInByCode(email, browser(), "demo")).toMatchObject({ ok: false });
  await account("demo", { email });
  await db().execute(
    sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
  );
  expect(await signInByCode(email, browser(), "demo")).toMatchObject({ ok: true });
});

describe("a new device (REC-05)", () => {
  const notices = (address: string) =>
    db().$count(deliveries, sql`${deliveries.recipient} = ${address} and template = 'new-sign-in'`);

  test("is told to the owner at every proven address; the first sign-in and a known device are not", async () => {
    const phone = freshPhone();
    const { email } = await person({ phoneNumber: phone, phoneVerified: true });
    const first = await signInByPassword(identifierOf(email), "live", PASSWORD, browser());
    expect(first).toMatchObject({ ok: true, value: { deviceSecret: expect.stringMatching(/^[\w-]{43}$/) } });
    expect(await notices(email)).toBe(0);
    const [device] = await db().execute<{ secret_hash: string }>(
      sql`select secret_hash from known_devices order by created_at desc limit 1`,
    );
    const known = browser({ devices: [device?.secret_hash ?? ""] });
    expect(await signInByPassword(identifierOf(email), "live", PASSWORD, known)).toMatchObject({
      value: { deviceSecret: null },
    });
    expect(await notices(email)).toBe(0);
    await signInByPassword(identifierOf(email), "live", PASSWORD, browser());
    expect([await notices(email), await notices(phone)]).toEqual([1, 1]);
  });
});

describe("step-up (SES-02)", () => {
  test("adds the other proof to the session and changes its secret", async () => {
    const { id, email } = await person();
    const secret = await session({ accountType: "live", id }, { code: 3000 });
    const from = browser({ session: await sessionOf(secret) });
    const proven = await signInByPassword(identifierOf(email), "live", PASSWORD, from);
    expect(await sessionOf(secret)).toBeNull();
    const now = await sessionOf(proven.ok ? proven.value.sessionSecret : "");
    expect(now).toMatchObject({ id: from.session?.id, proofs: ["password", "code"] });
    expect(now?.proofAges.password).toBeLessThan(10);
    expect(now?.proofAges.code).toBeGreaterThan(2990);
    expect(await db().execute(sql`select action from audit_log where account_id = ${id}`)).toEqual([
      { action: "session.step-up" },
    ]);
  });

  test("with a code for an address that another account has by now proves nothing", async () => {
    const { id, email } = await person();
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    await db().update(users).set({ email: freshEmail() }).where(eq(users.id, id));
    await person({ email });
    expect(await verifyCode(identifierOf(email), "live", await code(email), from)).toMatchObject({
      ok: false,
      reason: "INVALID_CODE",
    });
  });
});
