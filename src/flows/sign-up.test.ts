import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { emailOtps, otpVerifications as ledger, otps, phoneOtps, signupOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import {
  account,
  browser,
  freshEmail,
  freshPhone,
  identifierOf,
  otherCode,
  phoneAccount,
  queuedCode,
  queuedMessage,
} from "@/testing/people";
import { me } from "./account";
import { challengeOf } from "./ask";
import { sessionOf } from "./session";
import { signInByPassword, signOut } from "./sign-in";
import { finishProfile, requestCode, verifyCode } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";

/** Asks for a code and reads it from the mail. */
async function ask(email: string, from = browser(), accountType: AccountType = "live") {
  const outcome = await requestCode(identifierOf(email), accountType, from);
  return { from, outcome, code: (await queuedCode(email)) ?? "" };
}

const verify = (email: string, code: string, from = browser(), accountType: AccountType = "live") =>
  verifyCode(identifierOf(email), accountType, code, from);

/** Makes a subject's challenges older: moves the times in the rows back, because PostgreSQL's clock cannot be moved. */
const age = (email: string, seconds: number) =>
  db().execute(sql`update otp_verifications set created_at = created_at - make_interval(secs => ${seconds}),
    expires_at = expires_at - make_interval(secs => ${seconds}) where ${email} in (email, phone)`);

const only = <T>(rows: T[]): T => {
  expect(rows).toHaveLength(1);
  return rows[0] as T; // one row, asserted above
};

describe.each(["live", "demo"] as const)("the journey of a %s account", (accountType) => {
  test("from sign-up, profile and sign-out to sign-in by password gets a new secret at each step (SES-02)", async () => {
    const email = freshEmail();
    const { from, outcome, code } = await ask(email, browser(), accountType);
    expect(outcome).toEqual({
      ok: true,
      value: { channel: "email", to: `p•••@example.com`, codeLength: 6, expiresInSeconds: 600, resendInSeconds: 60 },
    });

    const proven = await verify(email, code, from, accountType);
    if (!proven.ok) throw new Error(proven.reason);
    expect(proven.value.next).toBe("profile");
    const signedIn = { ...from, session: await sessionOf(proven.value.sessionSecret) };
    expect(await me(signedIn)).toMatchObject({
      accountType,
      email,
      emailVerified: true,
      isProfileComplete: false,
      hasPassword: false,
      proofs: ["code"],
    });

    const finished = await finishProfile(
      { name: "Ada", country: "UK", dob: "1815-12-10" },
      { password: PASSWORD },
      signedIn,
    );
    if (!finished.ok) throw new Error(finished.reason);
    expect(finished.value.next).toBe("account");
    // Setting a password counts as a proof, so the session's secret is replaced (SES-02).
    expect(await sessionOf(proven.value.sessionSecret)).toBeNull();
    const session = await sessionOf(finished.value.sessionSecret ?? "");
    expect(await me({ ...from, session })).toMatchObject({
      isProfileComplete: true,
      hasPassword: true,
      proofs: ["password", "code"],
      dob: "1815-12-10",
    });

    await signOut({ ...from, session });
    expect(await sessionOf(finished.value.sessionSecret ?? "")).toBeNull();

    const back = await signInByPassword(identifierOf(email), accountType, PASSWORD, browser());
    expect(back).toMatchObject({ ok: true, value: { next: "account" } });
    expect(await signInByPassword(identifierOf(email), accountType, `${PASSWORD}!`, browser())).toEqual({
      ok: false,
      reason: "INVALID_CREDENTIALS",
    });
    const other = accountType === "live" ? "demo" : "live";
    expect(await signInByPassword(identifierOf(email), other, PASSWORD, browser())).toMatchObject({ ok: false });
  });
});

describe("the table of a sign-up code for each state (002)", () => {
  test("is signup_otps without an account, with one row for an address and type, and a digest", async () => {
    const email = freshEmail();
    const { code } = await ask(email);
    await ask(email, browser(), "demo");
    const rows = await db().select().from(signupOtps).where(eq(signupOtps.email, email));
    expect(rows.map(({ userType }) => userType).sort()).toEqual(["demo", "live"]);
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(await db().select().from(otps).where(eq(otps.email, email))).toEqual([]);
  });

  test("is signup_otps also if plain SQL inserted a row there, which the real code replaces", async () => {
    const email = freshEmail();
    await db().execute(sql`insert into signup_otps (email, user_type, otp_code, expires_at)
      values (${email}, 'live', '123456', now() + interval '5 minutes')`);
    const { from, code, outcome } = await ask(email);
    expect(outcome.ok).toBe(true);
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
  });

  test.each([
    ["unproven", { emailVerified: false, isProfileComplete: false }],
    ["incomplete", { isProfileComplete: false }],
  ])("is otps for an account that is %s, and the proof activates that account", async (_state, row) => {
    const { id, email } = await account("live", row);
    const { from, code } = await ask(email);
    expect(await db().select().from(signupOtps).where(eq(signupOtps.email, email))).toEqual([]);
    expect(only(await db().select().from(otps).where(eq(otps.email, email)))).toMatchObject({ userId: id });
    expect(await verify(email, code, from)).toMatchObject({ ok: true, value: { next: "profile" } });
    expect(only(await db().select().from(users).where(eq(users.email, email)))).toMatchObject({
      id,
      emailVerified: true,
    });
    expect(await db().select().from(otps).where(eq(otps.email, email))).toEqual([]);
  });

  test.each([
    ["active", {}, "already-registered"],
    ["deactivated", { isActive: false }, "account-deactivated"],
  ])(
    "is none for an %s account: a decoy with the ordinary answer, and a notice without a code",
    async (_state, row, template) => {
      const { email } = await account("live", row);
      const known = await ask(email);
      const unknown = await ask(freshEmail());
      expect(known.outcome).toEqual(unknown.outcome);
      expect((await queuedMessage(email))?.template).toBe(template);
      expect(await db().select().from(signupOtps).where(eq(signupOtps.email, email))).toEqual([]);
      // A decoy counts down like any other challenge.
      const answers = [];
      for (const _ of [1, 2, 3, 4]) answers.push(await verify(email, "123456", known.from));
      expect(answers).toEqual([
        { ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 },
        { ok: false, reason: "INVALID_CODE", attemptsRemaining: 1 },
        { ok: false, reason: "INVALID_CODE", attemptsRemaining: 0 },
        { ok: false, reason: "TOO_MANY_ATTEMPTS", attemptsRemaining: 0 },
      ]);
    },
  );

  test("is none for an address that its account has not proven: a decoy, and nothing is sent", async () => {
    const { id, email } = await account("live", {
      emailVerified: false,
      phoneNumber: freshPhone(),
      phoneVerified: true,
    });
    const { from, code, outcome } = await ask(email);
    expect(outcome).toEqual((await ask(freshEmail())).outcome);
    expect(only(await db().select().from(deliveries).where(eq(deliveries.recipient, email))).decoy).toBe(true);
    expect(await verify(email, code, from)).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 });
    expect(await db().select().from(sessions).where(eq(sessions.userId, id))).toEqual([]);
  });

  test("is email_otps with 001's type for an invited address, and the proof adopts the row", async () => {
    const invited = { emailVerified: false, isProfileComplete: false, invitedAt: new Date() };
    const { id, email } = await account("live", invited);
    const { from, code } = await ask(email);
    const row = only(await db().select().from(emailOtps).where(eq(emailOtps.userId, id)));
    expect(row).toMatchObject({ type: "SIGNUP", isUsed: false, maxAttempts: 3 });
    expect(await db().select().from(otps).where(eq(otps.email, email))).toEqual([]);
    expect(await verify(email, code, from)).toMatchObject({ ok: true, value: { next: "profile" } });
    expect(only(await db().select().from(users).where(eq(users.email, email)))).toMatchObject({
      id,
      emailVerified: true,
      role: "USER",
    });
    // After the proof it is an ordinary account.
    await ask(email);
    expect(await db().select().from(otps).where(eq(otps.email, email))).toHaveLength(1);
    expect(await db().select().from(emailOtps).where(eq(emailOtps.userId, id))).toEqual([]);
  });

  test("has no row after the proof; the ledger keeps the story and gets the account", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    await verify(email, otherCode(code), from);
    await verify(email, code, from);
    const { id } = only(await db().select().from(users).where(eq(users.email, email)));
    expect(only(await db().select().from(ledger).where(eq(ledger.email, email)))).toMatchObject({
      userId: id,
      purpose: "sign-up",
      channel: "email",
      isVerified: true,
      attempts: 2,
      mailDomain: "example.com",
      otp: null,
    });
    expect(await db().select().from(signupOtps).where(eq(signupOtps.email, email))).toEqual([]);
  });
});

describe("sign-up by phone: phone_otps (001)", () => {
  const rowsOf = (phone: string) => db().select().from(phoneOtps).where(eq(phoneOtps.phone, phone));
  const personOf = (phone: string) => db().select().from(users).where(eq(users.phoneNumber, phone));

  test("a code without an account has a row without one, and its proof makes an account with only the number", async () => {
    const phone = freshPhone();
    const { from, outcome, code } = await ask(phone);
    expect(outcome).toEqual({
      ok: true,
      value: {
        channel: "sms",
        to: `+1 415 ••• ${phone.slice(-4)}`,
        codeLength: 6,
        expiresInSeconds: 300,
        resendInSeconds: 60,
      },
    });
    expect(only(await rowsOf(phone))).toMatchObject({ userId: null, type: "SIGNUP", isUsed: false, maxAttempts: 3 });
    expect(JSON.stringify(await rowsOf(phone))).not.toContain(code);

    const proven = await verify(phone, code, from);
    if (!proven.ok) throw new Error(proven.reason);
    expect(proven.value.next).toBe("profile");
    const { id } = only(await personOf(phone));
    expect(only(await personOf(phone))).toMatchObject({
      email: null,
      emailVerified: false,
      phoneVerified: true,
      isProfileComplete: false,
    });
    expect(only(await rowsOf(phone))).toMatchObject({ isUsed: true, attempts: 1 });
    const asked = only(await db().select().from(ledger).where(eq(ledger.phone, phone)));
    expect(asked).toMatchObject({ userId: id, purpose: "sign-up", channel: "sms", country: "US", isVerified: true });

    const signedIn = { ...from, session: await sessionOf(proven.value.sessionSecret) };
    expect(await me(signedIn)).toMatchObject({ id, email: null, phoneNumber: phone, proofs: ["code"] });
    expect(await finishProfile({ name: "Ada" }, { password: PASSWORD }, signedIn)).toMatchObject({ ok: true });
    expect(await signInByPassword(identifierOf(phone), "live", PASSWORD, browser())).toMatchObject({
      ok: true,
      value: { next: "account" },
    });
    expect(await verify(phone, code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
  });

  test.each([
    // The first proof deletes a password that was set before it. A later proof keeps the password (REC-02).
    ["unproven", { phoneVerified: false, isProfileComplete: false }, null],
    ["incomplete", { isProfileComplete: false }, "planted"],
  ])(
    "a code of an account that is %s has that account's row, and its proof proves that account",
    async (_state, row, password) => {
      const { id, phone } = await phoneAccount({ ...row, password: "planted" });
      const { from, code } = await ask(phone);
      expect(only(await rowsOf(phone))).toMatchObject({ userId: id, type: "SIGNUP" });
      expect(await verify(phone, code, from)).toMatchObject({ ok: true, value: { next: "profile" } });
      expect(only(await personOf(phone))).toMatchObject({ id, phoneVerified: true, password });
    },
  );

  test.each([
    ["active", {}, "already-registered"],
    ["deactivated", { isActive: false }, "account-deactivated"],
  ])(
    "an %s account gets a decoy with the ordinary answer, and a notice without a code",
    async (_state, row, template) => {
      const { phone } = await phoneAccount(row);
      const { from, outcome } = await ask(phone);
      expect(outcome).toMatchObject({ ok: true, value: { channel: "sms", codeLength: 6, expiresInSeconds: 300 } });
      expect((await queuedMessage(phone))?.template).toBe(template);
      expect(await rowsOf(phone)).toEqual([]);
      const answers = [];
      for (const _ of [1, 2, 3, 4]) answers.push(await verify(phone, "123456", from));
      expect(answers.map((answer) => !answer.ok && [answer.reason, answer.attemptsRemaining])).toEqual([
        ["INVALID_CODE", 2],
        ["INVALID_CODE", 1],
        ["INVALID_CODE", 0],
        ["TOO_MANY_ATTEMPTS", 0],
      ]);
    },
  );

  test("a number that its account has not proven gets a decoy, and nothing is sent", async () => {
    const phone = freshPhone();
    const { id } = await account("live", { phoneNumber: phone });
    const { from, code } = await ask(phone);
    expect(only(await db().select().from(deliveries).where(eq(deliveries.recipient, phone))).decoy).toBe(true);
    expect(await verify(phone, code, from)).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 });
    expect(only(await personOf(phone))).toMatchObject({ id, phoneVerified: false });
  });

  test("a demo account has no number: the error is shown at the field, and nothing is asked for", async () => {
    const phone = freshPhone();
    const { outcome } = await ask(phone, browser(), "demo");
    expect(outcome).toEqual({
      ok: false,
      reason: "BAD_REQUEST",
      fieldErrors: { identifier: [expect.any(String)] },
    });
    expect(await rowsOf(phone)).toEqual([]);
    expect(await db().select().from(ledger).where(eq(ledger.phone, phone))).toEqual([]);
    expect(await verify(phone, "123456", browser(), "demo")).toMatchObject({ ok: false });
  });

  test("spellings of one number share its cooldown, and verify each other's code (THR-06)", async () => {
    const digits = freshPhone().slice(1);
    const { from, code } = await ask(`+${digits}`);
    const spelt = `00 ${digits[0]} (${digits.slice(1, 4)}) ${digits.slice(4, 7)}\u2011${digits.slice(7)}`;
    expect((await ask(spelt)).outcome).toMatchObject({ ok: false, reason: "COOLDOWN" });
    expect(await verify(spelt, code, from)).toMatchObject({ ok: true });
  });

  test("a code dies after five minutes (000)", async () => {
    const [early, late] = [freshPhone(), freshPhone()];
    const first = await ask(early);
    await age(early, 298);
    expect(await verify(early, first.code, first.from)).toMatchObject({ ok: true });
    const second = await ask(late);
    await age(late, 301);
    expect(await verify(late, second.code, second.from)).toEqual({ ok: false, reason: "INVALID_CODE" });
  });

  test("20 right codes at once make one account and one session", async () => {
    const phone = freshPhone();
    const { from, code } = await ask(phone);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(phone, code, from)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const { id } = only(await personOf(phone));
    expect(await db().select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
  });
});

describe("guesses", () => {
  test("a wrong code costs an attempt; after the third the right code fails too (COD-09)", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    const wrong = otherCode(code);
    expect(await verify(email, wrong, from)).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 });
    expect(await verify(email, wrong, from)).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 1 });
    expect(await verify(email, wrong, from)).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 0 });
    expect(await verify(email, code, from)).toEqual({ ok: false, reason: "TOO_MANY_ATTEMPTS", attemptsRemaining: 0 });
    expect(await db().select().from(users).where(eq(users.email, email))).toEqual([]);
  });

  test("a text that cannot be a code costs no attempt (UX-01)", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    for (const _ of [1, 2, 3, 4, 5])
      expect(await verify(email, "12345678", from)).toMatchObject({ reason: "BAD_REQUEST" });
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
  });

  test("the right code in another browser is refused and costs no attempt (COD-04, law 6)", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    for (const _ of [1, 2, 3, 4])
      expect(await verify(email, code, browser())).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await verifyCode(identifierOf(email), "live", code, { ...from, browser: null })).toEqual({
      ok: false,
      reason: "INVALID_CODE",
    });
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
  });

  test("a code works once, also if it is sent 20 times at once (COD-03)", async () => {
    for (const _ of Array(5)) {
      const email = freshEmail();
      const { from, code } = await ask(email);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(email, code, from)));
      // At most three attempts are compared, so at least 17 find none left.
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const { id } = only(await db().select().from(users).where(eq(users.email, email)));
      expect(await db().select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
      expect(await verify(email, code, from)).toMatchObject({ ok: false, reason: "INVALID_CODE" });
    }
  });

  test("a code does not work for another account type (COD-04)", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    expect(await verify(email, code, from, "demo")).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await db().select().from(demoUsers).where(eq(demoUsers.email, email))).toEqual([]);
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
  });

  test("a code dies after ten minutes, to the second, by PostgreSQL's clock (COD-06)", async () => {
    const early = freshEmail();
    const first = await ask(early);
    await age(early, 598);
    expect(await verify(early, first.code, first.from)).toMatchObject({ ok: true });

    const late = freshEmail();
    const second = await ask(late);
    await age(late, 601);
    expect(await verify(late, second.code, second.from)).toEqual({ ok: false, reason: "INVALID_CODE" });
  });

  test.each([
    ["deactivated", { isActive: false }],
    ["completed elsewhere", { isProfileComplete: true }],
  ])("a right code for an account %s since the ask earns and changes nothing", async (_state, since) => {
    const { id, email } = await account("live", { isProfileComplete: false, password: "kept" });
    const { from, code } = await ask(email);
    await db().update(users).set(since).where(eq(users.id, id));
    expect(await verify(email, code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(only(await db().select().from(users).where(eq(users.id, id)))).toMatchObject({ ...since, password: "kept" });
    expect(await db().select().from(sessions).where(eq(sessions.userId, id))).toEqual([]);
  });

  test("a fault in the consequence leaves the code alive and the attempt charged (law 3)", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    await db().execute(sql`alter table sessions add constraint planted check (user_agent <> 'broken') not valid`);
    await expect(verify(email, code, { ...from, userAgent: "broken" })).rejects.toThrow();
    expect(await db().select().from(users).where(eq(users.email, email))).toEqual([]);
    expect(only(await db().select().from(ledger).where(eq(ledger.email, email)))).toMatchObject({
      attempts: 1,
      isVerified: false,
    });
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
  });
});

describe("asking again", () => {
  test("within the cooldown is refused with the wait, and after it ends the older code (COD-05)", async () => {
    const email = freshEmail();
    const first = await ask(email);
    const early = await requestCode(identifierOf(email), "live", browser());
    expect(early).toMatchObject({ ok: false, reason: "COOLDOWN", retryAfterSeconds: 60 });
    await age(email, 61);
    const second = await ask(email, first.from);
    expect(second.outcome.ok).toBe(true);
    expect(second.code).not.toBe(first.code);
    // Before the proof, which ends all codes.
    const rows = await db().select().from(ledger).where(eq(ledger.email, email)).orderBy(ledger.sNo);
    expect(rows.map((row) => row.supersededAt !== null)).toEqual([true, false]);
    expect(await verify(email, first.code, first.from)).toMatchObject({ ok: false, attemptsRemaining: 2 });
    expect(await verify(email, second.code, first.from)).toMatchObject({ ok: true });
  });

  test("after a proof has no cooldown, because the code is spent; the cap still holds", async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    await verify(email, code, from);
    expect((await ask(email)).outcome.ok).toBe(true);
    expect((await ask(email)).outcome).toMatchObject({ ok: false, reason: "COOLDOWN" });
  });

  test("works five times an hour, then again when the oldest ask is an hour old (000)", async () => {
    const email = freshEmail();
    for (const _ of Array(5)) {
      expect((await ask(email)).outcome.ok).toBe(true);
      await age(email, 120);
    }
    const sixth = await requestCode(identifierOf(email), "live", browser());
    expect(sixth).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect(!sixth.ok && sixth.retryAfterSeconds).toBeCloseTo(3600 - 600, -1);
    await age(email, 3001);
    expect((await ask(email)).outcome.ok).toBe(true);
  });

  test("20 times at once leaves one live challenge and sends one message", async () => {
    const email = freshEmail();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => requestCode(identifierOf(email), "live", browser())),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.reason === "COOLDOWN")).toHaveLength(19);
    expect(await db().select().from(signupOtps).where(eq(signupOtps.email, email))).toHaveLength(1);
    expect(await db().execute(sql`select 1 from deliveries where recipient = ${email}`)).toHaveLength(1);
  });

  test("is not needed after a reload: this browser's verify page finds its address and countdown", async () => {
    const email = freshEmail();
    const { from } = await ask(email);
    await age(email, 20);
    const challenge = await challengeOf("sign-up", from);
    expect(challenge).toMatchObject({
      identifier: email,
      accountType: "live",
      receipt: { to: "p•••@example.com", codeLength: 6, attemptsRemaining: 3 },
    });
    expect(challenge?.receipt.resendInSeconds).toBeCloseTo(40, -1);
    expect(challenge?.receipt.expiresInSeconds).toBeCloseTo(580, -1);
    expect(await challengeOf("sign-up", browser())).toBeNull();
  });
});

describe("the first proof of an address", () => {
  test("deletes what anybody set before it: password, sessions, pending changes (REC-02)", async () => {
    const { id, email } = await account("live", {
      emailVerified: false,
      isProfileComplete: false,
      password: "planted",
      pendingEmail: "eve@example.com",
      resetToken: "planted",
    });
    await db().insert(sessions).values({ userId: id, secretHash: "planted" });
    const { from, code } = await ask(email);
    expect(await verify(email, code, from)).toMatchObject({ ok: true });
    expect(only(await db().select().from(users).where(eq(users.id, id)))).toMatchObject({
      password: null,
      pendingEmail: null,
      resetToken: null,
    });
    const left = await db().select().from(sessions).where(eq(sessions.userId, id));
    expect(left.map(({ secretHash }) => secretHash)).not.toContain("planted");
  });
});

describe("completing the profile", () => {
  const signedIn = async () => {
    const email = freshEmail();
    const { from, code } = await ask(email);
    const proven = await verify(email, code, from);
    if (!proven.ok) throw new Error(proven.reason);
    return { ...from, email, session: await sessionOf(proven.value.sessionSecret) };
  };

  test("is refused without a session, and once it is complete", async () => {
    expect(await finishProfile({ name: "Ada" }, { password: null }, browser())).toEqual({
      ok: false,
      reason: "UNAUTHORIZED",
    });
    const from = await signedIn();
    expect(await finishProfile({ name: "Ada" }, { password: null }, from)).toMatchObject({
      ok: true,
      value: { sessionSecret: null },
    });
    expect(await finishProfile({ name: "Eve" }, { password: PASSWORD }, from)).toEqual({
      ok: false,
      reason: "FORBIDDEN",
    });
  });

  test("with a weak password or a taken username is refused and changes nothing", async () => {
    const from = await signedIn();
    expect(await finishProfile({ name: "Ada" }, { password: "too short" }, from)).toEqual({
      ok: false,
      reason: "PASSWORD_TOO_SHORT",
    });
    expect(await finishProfile({ name: "Ada" }, { password: "passwordpassword" }, from)).toEqual({
      ok: false,
      reason: "PASSWORD_COMMON",
    });
    await account("live", { username: "Ada" });
    expect(await finishProfile({ name: "Ada", username: "ada" }, { password: PASSWORD }, from)).toMatchObject({
      ok: false,
      reason: "TAKEN",
      fieldErrors: { username: [expect.any(String)] },
    });
    expect(await me(from)).toMatchObject({ isProfileComplete: false, hasPassword: false, name: null });
  });

  test("of another account than the page showed is refused, because another tab has signed in since", async () => {
    const from = await signedIn();
    const shownFor = (await account("live")).id;
    expect(await finishProfile({ name: "Ada" }, { accountId: shownFor }, from)).toEqual({
      ok: false,
      reason: "FORBIDDEN",
    });
    expect(await finishProfile({ name: "Ada" }, { accountId: (await me(from))?.id }, from)).toMatchObject({ ok: true });
  });

  test("in a session that ends while the password is hashed sets nothing", async () => {
    const from = await signedIn();
    const finishing = finishProfile({ name: "Eve" }, { password: PASSWORD }, from);
    await signOut(from);
    expect(await finishing).toEqual({ ok: false, reason: "UNAUTHORIZED" });
    const email = from.email;
    expect(only(await db().select().from(users).where(eq(users.email, email)))).toMatchObject({
      password: null,
      isProfileComplete: false,
    });
  });

  test("counts as a guess, because it hashes and shows whether a username is taken", async () => {
    await account("live", { username: "taken" });
    const from = await signedIn();
    const outcomes = [];
    for (let i = 0; i < 61; i++) outcomes.push(await finishProfile({ name: "Eve", username: "TAKEN" }, {}, from));
    expect(outcomes[0]).toMatchObject({ reason: "TAKEN" });
    expect(outcomes.at(-1)).toMatchObject({ reason: "RATE_LIMITED" });
  });

  test("twice at once happens once", async () => {
    const from = await signedIn();
    const outcomes = await Promise.all(["Ada", "Eve"].map((name) => finishProfile({ name }, { password: null }, from)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });
});
