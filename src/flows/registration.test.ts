import { eq, sql } from "drizzle-orm";
import { describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { passcodes } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import type { AskingCaller } from "./caller";
import * as consequences from "./consequences";
import { confirmLink, requestLink, verifyCode } from "./email-verification";
import { register, requestCode } from "./registration";
import { sessionOf } from "./session";
import { signInByPassword } from "./sign-in";

testDatabase();

const PASSWORD = "blue otter lamp chair";
const THEIRS = "attackers own password";

const rowOf = async (email: string) => (await db().select().from(users).where(eq(users.email, email)))[0];
const passcodesOf = async (email: string) =>
  db().select().from(passcodes).where(sql`user_id = (select id from users where email = ${email})`);
const signsIn = async (email: string, password: string) =>
  (await signInByPassword(identifierOf(email), "live", password, browser())).ok;
const code = async (email: string) => (await queuedCode(email)) ?? "";
const link = async (email: string) => {
  const message = await queuedMessage(email);
  return message?.template === "verification-link" ? message.props.token : "";
};
const begin = (email: string, from: AskingCaller, password = PASSWORD, name: string | null = "Ada") =>
  register(email, { password, name }, from);

describe("registering with a password first (003)", () => {
  test("makes a row without a password, and eight digits that make the account", async () => {
    const [email, from] = [freshEmail(), browser()];
    expect(await begin(email, from)).toMatchObject({
      ok: true,
      value: { codeLength: 8, expiresInSeconds: 900, resendInSeconds: 0 },
    });
    expect(await rowOf(email)).toMatchObject({ password: null, name: null, emailVerified: false });
    expect(await code(email)).toMatch(/^\d{8}$/);
    const [waiting] = await passcodesOf(email);
    expect(waiting).toMatchObject({ isUsed: false, codeType: "VERIFICATION" });
    expect(waiting?.pendingPassword).toMatch(/^\$2/);
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true, value: { next: "account" } });
    expect(await rowOf(email)).toMatchObject({ name: "Ada", emailVerified: true, isProfileComplete: true });
    // 003: used only now, and the hash has gone where it belongs.
    expect(await passcodesOf(email)).toMatchObject([{ isUsed: true, pendingPassword: null, pendingName: null }]);
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("without a name the profile is still to come", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from, PASSWORD, null);
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true, value: { next: "profile" } });
  });

  test("is sent again at once, as often as the hour allows; every earlier code is deleted, used ones too", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const first = await code(email);
    for (let times = 0; times < 4; times += 1) expect(await requestCode(email, from)).toMatchObject({ ok: true });
    expect(await requestCode(email, from)).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect(await passcodesOf(email)).toHaveLength(1);
    expect(await verifyCode(email, first, from)).toMatchObject({ ok: false, reason: "INVALID_CODE" });
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true });
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("twenty at once leave one passcode", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    await Promise.all(Array.from({ length: 20 }, () => requestCode(email, from)));
    expect(await passcodesOf(email)).toHaveLength(1);
  });

  test("a fault after the right code leaves it unused, and the account unproven", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const fault = vi.spyOn(consequences, "signIn").mockRejectedValueOnce(new Error("a fault"));
    await expect(verifyCode(email, await code(email), from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await passcodesOf(email)).toMatchObject([{ isUsed: false }]);
    expect(await rowOf(email)).toMatchObject({ emailVerified: false, password: null });
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true });
  });

  test.each([
    ["active", {}, "already-registered"],
    ["incomplete", { isProfileComplete: false }, "already-registered"],
    ["deactivated", { isActive: false }, "account-deactivated"],
  ])("an %s account's owner is told, and the answer is the ordinary one", async (_state, row, template) => {
    const { email } = await account("live", row);
    const [asked, unknown] = [await begin(email, browser()), await begin(freshEmail(), browser())];
    expect(Object.keys(asked.ok ? asked.value : {})).toEqual(Object.keys(unknown.ok ? unknown.value : {}));
    expect(await queuedMessage(email)).toMatchObject({ template });
    expect(await passcodesOf(email)).toHaveLength(0);
  });

  test("a bad password is refused before anything is asked", async () => {
    const email = freshEmail();
    expect(await begin(email, browser(), "short")).toMatchObject({ ok: false, reason: "PASSWORD_TOO_SHORT" });
    expect(await rowOf(email)).toBeUndefined();
  });
});

describe("two people register one address (REC-02)", () => {
  test("the attacker first: the reader of the mail has the account, with their own password", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS, "Mallory");
    const stolen = await code(email);
    await begin(email, owner);
    expect(await verifyCode(email, stolen, attacker)).toMatchObject({ ok: false });
    expect(await verifyCode(email, await code(email), attacker)).toMatchObject({ ok: false });
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: true });
    expect(await rowOf(email)).toMatchObject({ name: "Ada" });
    expect([await signsIn(email, PASSWORD), await signsIn(email, THEIRS)]).toEqual([true, false]);
  });

  test("the owner first, the attacker after: the owner's password waits for nobody else", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, owner);
    await begin(email, attacker, THEIRS, "Mallory");
    // The owner reads the newest mail, types its code where it was not asked for, and asks again there.
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: false, reason: "INVALID_CODE" });
    await requestCode(email, owner);
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: true, value: { next: "profile" } });
    expect(await rowOf(email)).toMatchObject({ password: null, name: null });
    expect(await signsIn(email, THEIRS)).toBe(false);
  });

  test("a resend from another browser drops the waiting password; from the same it waits on", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS);
    await requestCode(email, owner);
    expect(await passcodesOf(email)).toMatchObject([{ pendingPassword: null }]);
    await requestCode(email, attacker);
    expect(await passcodesOf(email)).toMatchObject([{ pendingPassword: null }]);
    const own = freshEmail();
    await begin(own, owner);
    await requestCode(own, owner);
    expect((await passcodesOf(own))[0]?.pendingPassword).toMatch(/^\$2/);
  });

  test("a link that the attacker asked for, clicked by the owner, brings neither password nor session to the attacker", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS, "Mallory");
    expect(await requestLink(email, attacker)).toMatchObject({ ok: true });
    expect(await confirmLink(await link(email), owner)).toEqual({
      ok: true,
      value: { next: "signin", sessionSecret: null },
    });
    const row = await rowOf(email);
    expect(row).toMatchObject({ emailVerified: true, password: null, name: null });
    expect(await signsIn(email, THEIRS)).toBe(false);
    expect(await db().$count(sessions, eq(sessions.userId, row?.id ?? ""))).toBe(0);
    // What the attacker still holds is dead.
    expect(await verifyCode(email, (await code(email)) || "12345678", attacker)).toMatchObject({ ok: false });
    expect(await passcodesOf(email)).toHaveLength(0);
  });
});

describe("proving by link (001)", () => {
  test("the browser that asked is signed in, with what it registered; twenty clicks are one", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    await requestLink(email, from);
    const token = await link(email);
    const clicks = await Promise.all(Array.from({ length: 20 }, () => confirmLink(token, from)));
    const won = clicks.filter((click) => click.ok);
    expect(won).toMatchObject([{ value: { next: "account" } }]);
    expect(clicks.filter((click) => !click.ok && click.reason === "INVALID_TOKEN")).toHaveLength(19);
    const secret = won[0]?.ok ? won[0].value.sessionSecret : null;
    expect(await sessionOf(secret ?? "")).toMatchObject({ accountId: (await rowOf(email))?.id });
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("links do not retire each other, and wait a minute for the next", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    await requestLink(email, from);
    const first = await link(email);
    expect(await requestLink(email, from)).toMatchObject({ ok: false, reason: "COOLDOWN" });
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    await requestLink(email, from);
    expect(await link(email)).not.toBe(first);
    expect(await confirmLink(first, from)).toMatchObject({ ok: true });
    expect(await confirmLink(await link(email), from)).toMatchObject({ ok: false, reason: "INVALID_TOKEN" });
  });

  test("dies after 24 hours, and when its account has another address", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    await requestLink(email, from);
    const token = await link(email);
    await db()
      .update(users)
      .set({ email: `x${email}` })
      .where(eq(users.email, email));
    expect(await confirmLink(token, from)).toMatchObject({ ok: false, reason: "INVALID_TOKEN" });
    await db()
      .update(users)
      .set({ email })
      .where(eq(users.email, `x${email}`));
    await db().execute(sql`update email_verification_tokens set expires_at = now() where used_at is null`);
    expect(await confirmLink(token, from)).toMatchObject({ ok: false, reason: "INVALID_TOKEN" });
  });

  test.each([
    ["unknown", null],
    ["active", {}],
    ["incomplete", { isProfileComplete: false }],
    ["deactivated", { isActive: false }],
  ])("for an %s address a decoy goes the same way", async (_state, row) => {
    const email = row ? (await account("live", row)).email : freshEmail();
    expect(await requestLink(email, browser())).toEqual({ ok: true, value: { ok: true } });
    expect(await requestCode(email, browser())).toMatchObject({ ok: true, value: { codeLength: 8 } });
    const sent = await db().execute(sql`select decoy from deliveries where recipient = ${email}`);
    expect(sent).toEqual([{ decoy: true }, { decoy: true }]);
  });
});
