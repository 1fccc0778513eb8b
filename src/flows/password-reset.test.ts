import { and, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { knownDevices } from "@/db/schema/devices";
import { passwordResetOtps, phoneOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import {
  account,
  browser,
  freshEmail,
  freshPhone,
  identifierOf,
  otherCode,
  queuedCode,
  queuedMessage,
} from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import * as notices from "./notices";
import { requestCode, requestLink, reset, verifyCode } from "./password-reset";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "./sign-in";

testDatabase();

const NEW = "green heron window soup";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword("blue otter lamp chair");
});

type Row = Parameters<typeof account>[1];
const person = (row: Row = {}) => account("live", { password: passwordHash, ...row });
const signsIn = async (address: string, password: string) =>
  (await signInByPassword(identifierOf(address), "live", password, browser())).ok;
const link = async (address: string) => {
  const message = await queuedMessage(address);
  return message?.template === "reset-link" ? message.props.token : "";
};

/** Asks for a code at this address and proves it: the reset token. */
async function earn(address: string, from = browser(), accountType: "live" | "demo" = "live") {
  await requestCode(identifierOf(address), accountType, from);
  const earned = await verifyCode(identifierOf(address), accountType, (await queuedCode(address)) ?? "", from);
  return { from, token: earned.ok ? earned.value.resetToken : "", earned };
}

describe("a reset by code (004)", () => {
  test("says how many tries are left, earns a token and no session, and sets the password", async () => {
    const { id, email } = await person();
    const from = browser();
    expect(await requestCode(identifierOf(email), "live", from)).toMatchObject({
      ok: true,
      value: { codeLength: 6, expiresInSeconds: 600, resendInSeconds: 60 },
    });
    const code = (await queuedCode(email)) ?? "";
    const [row] = await db().select().from(passwordResetOtps).where(eq(passwordResetOtps.userId, id));
    expect(row?.otp).toMatch(/^[0-9a-f]{8}\.\$2b\$12\$/);
    expect(await verifyCode(identifierOf(email), "live", otherCode(code), from)).toMatchObject({
      reason: "INVALID_CODE",
      attemptsRemaining: 4,
    });
    const earned = await verifyCode(identifierOf(email), "live", code, from);
    expect(earned).toEqual({
      ok: true,
      value: { resetToken: expect.stringMatching(/^[\w-]{43}$/), expiresInSeconds: 900 },
    });
    const token = earned.ok ? earned.value.resetToken : "";
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    const [kept] = await db().select().from(passwordResetOtps).where(eq(passwordResetOtps.userId, id));
    expect(kept).toMatchObject({ verified: true });
    expect(JSON.stringify(kept)).not.toContain(token);

    expect(await reset(token, NEW, { identifier: identifierOf(email), accountType: "live" }, from)).toMatchObject({
      ok: true,
      value: { ok: true },
    });
    expect(await db().$count(passwordResetOtps, eq(passwordResetOtps.userId, id))).toBe(0);
    expect(await signsIn(email, NEW)).toBe(true);
    expect(await reset(token, "another long password", {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
  });

  test("by SMS, and for a demo account", async () => {
    const phone = freshPhone();
    const { id } = await person({ phoneNumber: phone, phoneVerified: true });
    const bySms = await earn(phone);
    expect(await db().select().from(phoneOtps).where(eq(phoneOtps.userId, id))).toMatchObject([
      { type: "PASSWORD_RESET", isUsed: true, phone },
    ]);
    expect(await reset(bySms.token, NEW, {}, bySms.from)).toMatchObject({ ok: true });
    expect(await signsIn(phone, NEW)).toBe(true);

    const demo = await account("demo", { password: passwordHash });
    const byDemo = await earn(demo.email, browser(), "demo");
    expect(await reset(byDemo.token, NEW, { accountType: "demo" }, byDemo.from)).toMatchObject({ ok: true });
    const [row] = await db().select().from(demoUsers).where(eq(demoUsers.id, demo.id));
    expect(row?.password).not.toBe(passwordHash);
  });

  test("the token is this browser's, its account's, and fifteen minutes old at most", async () => {
    const { email } = await person();
    const { token, from } = await earn(email);
    expect(await reset(token, NEW, {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await reset(token, NEW, { identifier: identifierOf(freshEmail()) }, from)).toMatchObject({
      reason: "INVALID_TOKEN",
    });
    expect(await reset(token, NEW, { accountType: "demo" }, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    await db().execute(sql`update password_reset_otps set reset_token_expiry = now() where email = ${email}`);
    expect(await reset(token, NEW, {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await signsIn(email, "blue otter lamp chair")).toBe(true);
  });

  test("a refused password spends nothing; of twenty at once one is set", async () => {
    const { email } = await person();
    const { token, from } = await earn(email);
    expect(await reset(token, "short", {}, from)).toMatchObject({ reason: "PASSWORD_TOO_SHORT" });
    expect(await reset(token, "passwordpassword", {}, from)).toMatchObject({ reason: "PASSWORD_COMMON" });
    const all = await Promise.all(Array.from({ length: 6 }, () => reset(token, NEW, {}, from)));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test.each([
    ["unknown", null],
    ["unproven", { emailVerified: false }],
    ["deactivated", { isActive: false }],
  ])("for an %s account it is a decoy, with the same answer and the same countdown", async (_state, row) => {
    const email = row ? (await person(row)).email : freshEmail();
    const from = browser();
    expect(await requestCode(identifierOf(email), "live", from)).toMatchObject({ ok: true, value: { codeLength: 6 } });
    const sent = await db().select().from(deliveries).where(eq(deliveries.recipient, email));
    expect(sent).toMatchObject([{ decoy: true }]);
    expect(await verifyCode(identifierOf(email), "live", "123456", from)).toMatchObject({
      reason: "INVALID_CODE",
      attemptsRemaining: 4,
    });
    expect(await requestLink(email, "live", browser())).toEqual({ ok: true, value: { ok: true } });
  });
});

describe("what a reset ends (SES-06)", () => {
  async function busy() {
    const { id, email } = await person();
    const them = { accountType: "live" as const, id };
    const three = [await signedIn(them), await signedIn(them), await signedIn(them)];
    const asking = browser();
    await requestSignIn(identifierOf(email), "live", asking);
    const code = (await queuedCode(email)) ?? "";
    await requestLink(email, "live", browser());
    return { id, email, three, asking, code, byLink: await link(email), earned: await earn(email) };
  }

  test("every session, challenge and link, in one transaction; this browser is known, the others are strangers", async () => {
    const { id, email, asking, code, byLink, earned } = await busy();
    expect(await reset(earned.token, NEW, {}, earned.from)).toMatchObject({ ok: true });
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(1);
    expect(await verifySignIn(identifierOf(email), "live", code, asking)).toMatchObject({ ok: false });
    expect(await reset(byLink, "yet another password", {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await queuedMessage(email)).toMatchObject({ template: "password-reset-done" });
  });

  test("a fault in its midst ends nothing", async () => {
    const { id, email, asking, code, earned } = await busy();
    const fault = vi.spyOn(notices, "notify").mockRejectedValueOnce(new Error("a fault"));
    await expect(reset(earned.token, NEW, {}, earned.from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(3);
    expect(await verifySignIn(identifierOf(email), "live", code, asking)).toMatchObject({ ok: true });
    expect(await reset(earned.token, NEW, {}, earned.from)).toMatchObject({ ok: true });
  });

  test("every proven address is told", async () => {
    const phone = freshPhone();
    const { email } = await person({ phoneNumber: phone, phoneVerified: true });
    const { token, from } = await earn(email);
    await reset(token, NEW, {}, from);
    for (const address of [email, phone])
      expect(await queuedMessage(address)).toMatchObject({ template: "password-reset-done" });
  });
});

describe("a reset link, the older way", () => {
  test("works once, in any browser; while it lives, asking again sends and replaces nothing", async () => {
    const { email } = await person();
    await requestLink(email, "live", browser());
    const token = await link(email);
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    expect(await requestLink(email, "live", browser())).toMatchObject({ ok: true });
    expect(await db().$count(deliveries, and(eq(deliveries.recipient, email), eq(deliveries.decoy, false)))).toBe(1);
    expect(await reset(token, NEW, {}, browser())).toMatchObject({ ok: true });
    expect(await reset(token, NEW, {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await signsIn(email, NEW)).toBe(true);
  });

  test("waits a minute for the next, known or not", async () => {
    for (const email of [(await person()).email, freshEmail()]) {
      await requestLink(email, "live", browser());
      expect(await requestLink(email, "live", browser())).toMatchObject({ reason: "COOLDOWN" });
    }
  });
});

describe("an admin", () => {
  test("is told that nothing was reset, by code or link; a code from before the role earns nothing", async () => {
    const { email } = await person({ role: "ADMIN" });
    expect(await requestCode(identifierOf(email), "live", browser())).toMatchObject({ ok: true });
    expect(await queuedMessage(email)).toMatchObject({ template: "admin-reset-refused" });
    await db().delete(deliveries).where(eq(deliveries.recipient, email));
    expect(await requestLink(email, "live", browser())).toEqual({ ok: true, value: { ok: true } });
    expect(await queuedMessage(email)).toMatchObject({ template: "admin-reset-refused" });
    expect(await db().$count(users, and(eq(users.email, email), sql`reset_token is not null`))).toBe(0);

    const rising = await person();
    const from = browser();
    await requestCode(identifierOf(rising.email), "live", from);
    const code = (await queuedCode(rising.email)) ?? "";
    await db().update(users).set({ role: "ADMIN" }).where(eq(users.id, rising.id));
    expect(await verifyCode(identifierOf(rising.email), "live", code, from)).toMatchObject({ reason: "INVALID_CODE" });
  });
});
