import { and, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hashDevice } from "@/accounts/devices";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { knownDevices } from "@/db/schema/devices";
import { passwordResetOtps, phoneOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { withoutCommit } from "@/testing/commit";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
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
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { me } from "./account";
import { grant, handOutReset, sendReset } from "./admin";
import type { AskingCaller } from "./caller";
import * as notices from "./notices";
import { requestCode, requestLink, reset, verifyCode } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "./sign-in";

testDatabase();
const { costs } = cheapHashing();

const NEW = "green heron window soup";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword("blue otter lamp chair", stranger);
});

type Row = Parameters<typeof account>[1];
const person = (row: Row = {}) => account("live", { password: passwordHash, ...row });
const signsIn = async (address: string, password: string) =>
  (await signInByPassword(identifierOf(address), "live", password, browser())).ok;
const link = async (address: string) => {
  const message = await queuedMessage(address);
  return message?.template === "reset-link" ? message.props.token : "";
};

/** Asks for a code at this address and proves it. Returns the reset token. */
async function earn(address: string, from = browser(), accountType: "live" | "demo" = "live") {
  await requestCode(identifierOf(address), accountType, from);
  const earned = await verifyCode(identifierOf(address), accountType, (await queuedCode(address)) ?? "", from);
  return { from, token: earned.ok ? earned.value.resetToken : "", earned };
}

describe("a reset by code (004)", () => {
  test("shows the tries left, earns a token and no session, and sets the password", async () => {
    const { id, email } = await person();
    const from = browser();
    expect(await requestCode(identifierOf(email), "live", from)).toMatchObject({
      ok: true,
      value: { codeLength: 6, expiresInSeconds: 600, resendInSeconds: 60 },
    });
    const code = (await queuedCode(email)) ?? "";
    const [row] = await db().select().from(passwordResetOtps).where(eq(passwordResetOtps.userId, id));
    // bcrypt of cost 12 over the HMAC (004).
    expect(row?.otp).toMatch(/^[0-9a-f]{8}\.\$2b\$/);
    expect(costs.at(-1)).toBe(12);
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
      value: { accountType: "live" },
    });
    expect(await db().$count(passwordResetOtps, eq(passwordResetOtps.userId, id))).toBe(0);
    expect(await signsIn(email, NEW)).toBe(true);
    expect(await reset(token, "another long password", {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
  });

  test.each([
    ["email", [4, 3, 2, 1, 0], () => person().then(({ email }) => email)],
    ["sms", [2, 1, 0], () => phoneAccount({ password: passwordHash }).then(({ phone }) => phone)],
  ] as const)(
    "counts down in the same way for an unknown and a known address (%s), to none",
    async (channel, left, somebody) => {
      const [known, unknown] = [await somebody(), channel === "email" ? freshEmail() : freshPhone()];
      const [from, other] = [browser(), browser()];
      await requestCode(identifierOf(known), "live", from);
      await requestCode(identifierOf(unknown), "live", other);
      const right = (await queuedCode(known)) ?? "";
      for (const attemptsRemaining of left) {
        const wrong = await verifyCode(identifierOf(known), "live", otherCode(right), from);
        expect(wrong).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining });
        expect(await verifyCode(identifierOf(unknown), "live", otherCode(right), other)).toEqual(wrong);
      }
      const over = { ok: false, reason: "TOO_MANY_ATTEMPTS", attemptsRemaining: 0 };
      expect(await verifyCode(identifierOf(known), "live", right, from)).toEqual(over);
      expect(await verifyCode(identifierOf(unknown), "live", right, other)).toEqual(over);
    },
  );

  test("works by SMS, and for a demo account", async () => {
    const phone = freshPhone();
    const { id } = await person({ phoneNumber: phone, phoneVerified: true });
    const bySms = await earn(phone);
    expect(await db().select().from(phoneOtps).where(eq(phoneOtps.userId, id))).toMatchObject([
      { type: "PASSWORD_RESET", isUsed: true, phone },
    ]);
    expect(JSON.stringify(await db().select().from(phoneOtps))).not.toContain(bySms.token);
    expect(await reset(bySms.token, NEW, {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await reset(bySms.token, NEW, {}, bySms.from)).toMatchObject({ ok: true });
    expect(await db().$count(phoneOtps, eq(phoneOtps.userId, id))).toBe(0);
    expect(await signsIn(phone, NEW)).toBe(true);

    const demo = await account("demo", { password: passwordHash });
    const byDemo = await earn(demo.email, browser(), "demo");
    expect(await reset(byDemo.token, NEW, { accountType: "demo" }, byDemo.from)).toMatchObject({
      ok: true,
      value: { accountType: "demo" },
    });
    const [row] = await db().select().from(demoUsers).where(eq(demoUsers.id, demo.id));
    expect(row?.password).not.toBe(passwordHash);
  });

  test("gives a token for one browser and one account, for fifteen minutes at most", async () => {
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

  test("gives a token that lives fifteen minutes by PostgreSQL's clock, and serves only the reset (REC-03)", async () => {
    const { id, email } = await person();
    const { token, from } = await earn(email);
    const [row] = await db().execute(
      sql`select extract(epoch from reset_token_expiry - now())::int > 890 as lives, reset_token_expiry <= now() + interval '15 minutes' as dies
        from password_reset_otps where user_id = ${id}`,
    );
    expect(row).toEqual({ lives: true, dies: true });
    expect(await me({ ...from, session: await sessionOf(token) })).toBeNull();
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(0);
  });

  test("gives a token for the address it was earned with, in any spelling, and not for another address of the account", async () => {
    const phone = freshPhone();
    const { email } = await person({ phoneNumber: phone, phoneVerified: true });
    const { token, from } = await earn(email);
    expect(await reset(token, NEW, { identifier: identifierOf(phone) }, from)).toMatchObject({
      reason: "INVALID_TOKEN",
    });
    const spelled = identifierOf(` ${email.toUpperCase()} `);
    expect(await reset(token, NEW, { identifier: spelled, accountType: "live" }, from)).toMatchObject({ ok: true });
  });

  test("gives a token that dies if the account is deactivated, or a new code is asked for, before its use", async () => {
    const { id, email } = await person();
    const first = await earn(email);
    const second = await earn(email);
    expect(await reset(first.token, NEW, {}, first.from)).toMatchObject({ reason: "INVALID_TOKEN" });
    await db().update(users).set({ isActive: false }).where(eq(users.id, id));
    expect(await reset(second.token, NEW, {}, second.from)).toMatchObject({ reason: "INVALID_TOKEN" });
  });

  test("spends nothing on a refused password, and sets one of six sent at once", async () => {
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
    ["proven elsewhere", { emailVerified: false, phoneNumber: freshPhone(), phoneVerified: true }],
  ])("is a decoy for an account that is %s, with the same answer and the same countdown", async (_state, row) => {
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

test("asking takes the same statements for an unknown address, a user and an admin, by code and by link (law 1)", async () => {
  const asks = [
    (email: string, from: AskingCaller) => requestCode(identifierOf(email), "live", from),
    (email: string, from: AskingCaller) => requestLink(email, "live", from),
  ];
  for (const ask of asks) {
    await ask(freshEmail(), browser()); // the driver looks types up once
    const asNobody = await statementsOf(() => ask(freshEmail(), browser()));
    for (const row of [{}, { role: "ADMIN" }, { isActive: false }]) {
      const { email } = await person(row);
      expect(await statementsOf(() => ask(email, browser()))).toEqual(asNobody);
    }
  }
});

test("asking for a link while one lives takes the same statements as for an unknown address (law 1)", async () => {
  const again = async (email: string) => {
    await requestLink(email, "live", browser());
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    return statementsOf(() => requestLink(email, "live", browser()));
  };
  expect(await again((await person()).email)).toEqual(await again(freshEmail()));
});

describe("the effects of a reset (SES-06)", () => {
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

  test("end every session, challenge and link in one transaction, and leave only this browser known", async () => {
    const { id, email, asking, code, byLink, earned } = await busy();
    const done = await reset(earned.token, NEW, {}, earned.from);
    expect(done).toMatchObject({ ok: true });
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(1);
    expect(await verifySignIn(identifierOf(email), "live", code, asking)).toMatchObject({ ok: false });
    expect(await reset(byLink, "yet another password", {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await queuedMessage(email)).toMatchObject({ template: "password-reset-done" });
    // A sign-in in the browser of the reset sends no notice.
    await db().delete(deliveries).where(eq(deliveries.recipient, email));
    const { deviceSecret } = done.ok ? done.value : {};
    const here = { ...earned.from, devices: deviceSecret ? [hashDevice(deviceSecret)] : [] };
    expect(await signInByPassword(identifierOf(email), "live", NEW, here)).toMatchObject({ ok: true });
    expect(await queuedMessage(email)).toBeNull();
  });

  test("sign out everybody who was signing in with the old password or a code at that moment", async () => {
    const { id, email, asking, code, earned } = await busy();
    const them = identifierOf(email);
    await Promise.all([
      reset(earned.token, NEW, {}, earned.from),
      verifySignIn(them, "live", code, asking),
      ...Array.from({ length: 8 }, () => signInByPassword(them, "live", "blue otter lamp chair", browser())),
    ]);
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    expect(await signsIn(email, NEW)).toBe(true);
  });

  test("are undone and not recorded after a fault at the commit", async () => {
    const { id, email, earned } = await busy();
    await expect(withoutCommit(() => reset(earned.token, NEW, {}, earned.from))).rejects.toThrow();
    expect(await db().$count(auditLog, and(eq(auditLog.accountId, id), eq(auditLog.action, "password.reset")))).toBe(0);
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(3);
    expect(await signsIn(email, NEW)).toBe(false);
  });

  test("are undone after a fault half-way", async () => {
    const { id, email, asking, code, earned } = await busy();
    const fault = vi.spyOn(notices, "notify").mockRejectedValueOnce(new Error("a fault"));
    await expect(reset(earned.token, NEW, {}, earned.from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(3);
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(3);
    expect(await signsIn(email, NEW)).toBe(false);
    expect(await verifySignIn(identifierOf(email), "live", code, asking)).toMatchObject({ ok: true });
    expect(await reset(earned.token, NEW, {}, earned.from)).toMatchObject({ ok: true });
  });

  test("include a notice at every proven address (REC-05)", async () => {
    const phone = freshPhone();
    const { email } = await person({ phoneNumber: phone, phoneVerified: true });
    const { token, from } = await earn(email);
    await reset(token, NEW, {}, from);
    for (const address of [email, phone])
      expect(await queuedMessage(address)).toMatchObject({ template: "password-reset-done" });
  });
});

describe("a reset link, the older way", () => {
  test("works once, in any browser; while it lives, a second ask sends and replaces nothing", async () => {
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

  test("sets one password of twenty clicks at once, with the token of a code among them", async () => {
    const { email } = await person();
    await requestLink(email, "live", browser());
    const byLink = await link(email);
    const { token, from } = await earn(email);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) => reset(at % 2 ? token : byLink, NEW, {}, at % 2 ? from : browser())),
    );
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(all.filter((one) => !one.ok && one.reason !== "INVALID_TOKEN")).toEqual([]);
  });

  test("lives fifteen minutes, and serves a demo account separately", async () => {
    const { id, email } = await account("demo", { password: passwordHash });
    await account("live", { email, password: passwordHash });
    await requestLink(email, "demo", browser());
    const token = await link(email);
    const [row] = await db().select().from(demoUsers).where(eq(demoUsers.id, id));
    expect(row?.resetToken).toMatch(/^[0-9a-f]{64}$/);
    expect(row?.resetTokenExpiry?.getTime()).toBeLessThanOrEqual(Date.now() + 15 * 60_000);
    expect(await reset(token, NEW, { accountType: "live" }, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await reset(token, NEW, { accountType: "demo" }, browser())).toMatchObject({ ok: true });
    expect(await signsIn(email, NEW)).toBe(false);
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    await requestLink(email, "demo", browser());
    const late = await link(email);
    await db().update(demoUsers).set({ resetTokenExpiry: sql`now()` }).where(eq(demoUsers.id, id));
    expect(await reset(late, NEW, {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
  });

  test("has a cooldown of a minute, for known and unknown addresses", async () => {
    for (const email of [(await person()).email, freshEmail()]) {
      await requestLink(email, "live", browser());
      expect(await requestLink(email, "live", browser())).toMatchObject({ reason: "COOLDOWN" });
    }
  });
});

describe("an admin (REC-06)", () => {
  test("gets a notice instead of a code or link, and a code from before the role earns nothing", async () => {
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

  test("gets notices about links no more often than a user gets links, however many ask (THR-09)", async () => {
    const { email } = await person({ role: "ADMIN" });
    const told = () =>
      db().$count(
        deliveries,
        sql`${deliveries.recipient} = ${email} and template = 'admin-reset-refused' and not decoy`,
      );
    const ask = async (minutes: number) => {
      await db().execute(sql`update otp_verifications set created_at = created_at - make_interval(mins => ${minutes})
        where email = ${email}`);
      expect(await requestLink(email, "live", browser())).toEqual({ ok: true, value: { ok: true } });
      return told();
    };
    for (const [minutes, times] of [
      [0, 1],
      [2, 1],
      [2, 1],
      [12, 2],
      [2, 2],
    ] as const)
      expect(await ask(minutes)).toBe(times);
    // The notice about a code has a limit of its own.
    expect(await requestCode(identifierOf(email), "live", browser())).toMatchObject({ ok: true });
    expect(await told()).toBe(3);
  });

  test("gets the notice by the channel of the ask", async () => {
    const phone = freshPhone();
    await person({ role: "ADMIN", phoneNumber: phone, phoneVerified: true });
    expect(await requestCode(identifierOf(phone), "live", browser())).toMatchObject({ ok: true });
    expect(await queuedMessage(phone)).toMatchObject({ template: "admin-reset-refused" });
  });

  test.each([
    ["the role alone", (id: string) => db().update(users).set({ role: "ADMIN" }).where(eq(users.id, id))],
    ["a grant", (id: string) => grant({ id }, { kind: "operator" })],
  ])("cannot use a token or link from before %s", async (_how, makeAdmin) => {
    const { id, email } = await person();
    const { token, from } = await earn(email);
    await requestLink(email, "live", browser());
    const byLink = await link(email);
    await makeAdmin(id);
    expect(await reset(token, NEW, {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await reset(byLink, NEW, {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await signsIn(email, "blue otter lamp chair")).toBe(true);
  });

  test("can use a link that an operator or another admin made, and stays an admin", async () => {
    const { id, email } = await person({ role: "ADMIN" });
    const handed = await handOutReset({ id }, { kind: "operator" });
    const token = handed.ok ? (new URL(handed.value.link).searchParams.get("token") ?? "") : "";
    // A stranger's ask does not change that link.
    await requestLink(email, "live", browser());
    expect(await reset(token, NEW, {}, browser())).toMatchObject({ ok: true });
    expect(await signsIn(email, NEW)).toBe(true);

    const another = await account("live", { role: "ADMIN" });
    await sendReset({ id }, { admin: await signedIn({ accountType: "live", ...another }) });
    expect(await reset(await link(email), "yellow heron window bowl", {}, browser())).toMatchObject({ ok: true });
    expect(await db().$count(users, and(eq(users.id, id), eq(users.role, "ADMIN")))).toBe(1);
  });
});
