import { and, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { emailOtps, otpVerifications as ledger } from "@/db/schema/otp";
import * as codes from "@/otp/code";
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
  queuedCode,
  queuedMessage,
} from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { confirmChange, requestChange } from "./address-change";
import * as notices from "./notices";
import { requestLink, requestCode as requestReset, verifyCode as verifyReset } from "./password-reset";
import { register } from "./registration";
import { sessionOf } from "./session";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

type Row = Parameters<typeof account>[1];
/** A signed-in caller with a fresh proof. */
async function someone(row: Row = {}, type: "live" | "demo" = "live") {
  const made = await account(type, { password: passwordHash, ...row });
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const code = async (address: string) => (await queuedCode(address)) ?? "";
const rowOf = async (id: string) => (await db().select().from(users).where(eq(users.id, id)))[0];
const signsIn = async (address: string) =>
  (await signInByPassword(identifierOf(address), "live", PASSWORD, browser())).ok;
const cool = (address: string) =>
  db().execute(sql`update otp_verifications set created_at = created_at - interval '61 seconds'
    where email = ${address} or phone = ${address}`);

describe("changing the email (REC-07)", () => {
  test("sends the code to the new address; the old address works until the proof and not after it", async () => {
    const { id, email, from } = await someone();
    const next = freshEmail();
    expect(await requestChange("email-change", identifierOf(next), from)).toMatchObject({
      ok: true,
      value: { channel: "email", codeLength: 6, expiresInSeconds: 600, resendInSeconds: 60 },
    });
    // 001 keeps the digest and the expiry in both places.
    const pending = await rowOf(id);
    expect(pending).toMatchObject({ email, pendingEmail: next });
    const [stored] = await db().select().from(emailOtps).where(eq(emailOtps.userId, id));
    expect(stored).toMatchObject({ otp: pending?.pendingEmailOtp, type: "EMAIL_CHANGE" });
    expect(stored?.expiresAt).toEqual(pending?.pendingEmailExpiry);
    expect([await signsIn(email), await signsIn(next)]).toEqual([true, false]);
    expect(await queuedMessage(email)).not.toMatchObject({ template: "email-changed" });

    expect(await confirmChange("email-change", await code(next), from)).toMatchObject({ ok: true });
    expect(await rowOf(id)).toMatchObject({
      email: next,
      emailVerified: true,
      pendingEmail: null,
      pendingEmailOtp: null,
      pendingEmailExpiry: null,
    });
    expect([await signsIn(email), await signsIn(next)]).toEqual([false, true]);
  });

  test("tells the old address and a proven number, once each, and not the new address (REC-05)", async () => {
    const phone = freshPhone();
    const { email, from } = await someone({ phoneNumber: phone, phoneVerified: true });
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    await confirmChange("email-change", await code(next), from);
    const told = await db()
      .select({ to: deliveries.recipient, channel: deliveries.channel })
      .from(deliveries)
      .where(eq(deliveries.template, "email-changed"));
    expect(told.filter(({ to }) => [email, phone, next].includes(to))).toEqual([
      { to: email, channel: "email" },
      { to: phone, channel: "sms" },
    ]);
  });

  test("ends every other session, challenge, link and pending change, and gives this session a new secret (SES-06)", async () => {
    const { id, email, them, from } = await someone();
    const [second, third, asking, resetting] = [await signedIn(them), await signedIn(them), browser(), browser()];
    await requestSignIn(identifierOf(email), "live", asking);
    const stale = await code(email);
    await requestReset(identifierOf(email), "live", resetting);
    const staleReset = await code(email);
    await requestLink(email, "live", browser());
    await requestChange("phone-change", identifierOf(freshPhone()), from);
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const changed = await confirmChange("email-change", await code(next), from);
    expect(changed).toMatchObject({ ok: true });
    for (const { secret } of [second, third, from]) expect(await sessionOf(secret)).toBeNull();
    expect(await sessionOf(changed.ok ? changed.value.sessionSecret : "")).toMatchObject({
      id: from.session?.id,
      proofs: ["code"],
    });
    expect(await verifySignIn(identifierOf(email), "live", stale, asking)).toMatchObject({ ok: false });
    expect(await verifyReset(identifierOf(email), "live", staleReset, resetting)).toMatchObject({ ok: false });
    expect(await rowOf(id)).toMatchObject({ pendingPhone: null, resetToken: null });
  });

  test("with a fault at the commit changes, ends and records nothing", async () => {
    const { id, email, them, from } = await someone();
    const other = await signedIn(them);
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const right = await code(next);
    await expect(withoutCommit(() => confirmChange("email-change", right, from))).rejects.toThrow();
    expect(await db().$count(auditLog, and(eq(auditLog.accountId, id), eq(auditLog.action, "email.change")))).toBe(0);
    expect(await rowOf(id)).toMatchObject({ email, pendingEmail: next });
    expect(await sessionOf(other.secret)).not.toBeNull();
  });

  test("with a fault half-way changes and ends nothing, and the code still works", async () => {
    const { id, email, them, from } = await someone();
    const other = await signedIn(them);
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const fault = vi.spyOn(notices, "notify").mockRejectedValueOnce(new Error("a fault"));
    await expect(confirmChange("email-change", await code(next), from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await rowOf(id)).toMatchObject({ email, pendingEmail: next });
    expect(await sessionOf(other.secret)).not.toBeNull();
    expect(await confirmChange("email-change", await code(next), from)).toMatchObject({ ok: true });
  });

  test("says that an address is taken only after it is proven; nobody loses an address", async () => {
    const [{ id, email, from }, holder] = [await someone(), await someone()];
    const asked = await requestChange("email-change", identifierOf(holder.email), from);
    const [{ from: another }, nobodys] = [await someone(), freshEmail()];
    expect(await requestChange("email-change", identifierOf(nobodys), another)).toEqual(asked);
    expect(await confirmChange("email-change", otherCode(await code(holder.email)), from)).toEqual(
      await confirmChange("email-change", otherCode(await code(nobodys)), another),
    );
    expect(await confirmChange("email-change", await code(holder.email), from)).toMatchObject({
      reason: "TAKEN",
      fieldErrors: { newEmail: [expect.any(String)] },
    });
    expect([(await rowOf(holder.id))?.email, (await rowOf(id))?.email]).toEqual([holder.email, email]);
    expect(await sessionOf(holder.from.secret)).not.toBeNull();
  });

  test("by two accounts to one address gives it to the later one, and the earlier one learns nothing", async () => {
    const [a, b] = [await someone(), await someone()];
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), a.from);
    const first = await code(next);
    await cool(next);
    await requestChange("email-change", identifierOf(next), b.from);
    const second = await code(next);
    const [earlier, later] = await Promise.all([
      confirmChange("email-change", first, a.from),
      confirmChange("email-change", second, b.from),
    ]);
    expect([earlier, later]).toEqual([{ ok: false, reason: "INVALID_CODE" }, expect.objectContaining({ ok: true })]);
    expect(await db().$count(users, eq(users.email, next))).toBe(1);
  });

  test("and a sign-up for the same address at the same time leave it with exactly one account", async () => {
    for (let times = 0; times < 8; times += 1) {
      const [{ id, from }, newcomer, next] = [await someone(), browser(), freshEmail()];
      await requestChange("email-change", identifierOf(next), from);
      const changing = await code(next);
      await requestSignUp(identifierOf(next), "live", newcomer);
      const signingUp = await code(next);
      const [changed, signedUp] = await Promise.all([
        confirmChange("email-change", changing, from),
        verifySignUp(identifierOf(next), "live", signingUp, newcomer),
      ]);
      expect([changed, signedUp].filter(({ ok }) => ok)).toHaveLength(1);
      const [holder] = await db().select().from(users).where(eq(users.email, next));
      expect(holder?.id === id).toBe(changed.ok);
    }
  });

  test("causes no fault for somebody who registers or asks for the address at the same time", async () => {
    for (let times = 0; times < 8; times += 1) {
      const [{ id, from }, next] = [await someone(), freshEmail()];
      await requestChange("email-change", identifierOf(next), from);
      const [changed] = await Promise.all([
        confirmChange("email-change", await code(next), from),
        register(next, { password: PASSWORD, name: "Mallory" }, browser()),
      ]);
      expect(changed).toMatchObject({ ok: true });
      expect(await db().select().from(users).where(eq(users.email, next))).toMatchObject([{ id, name: "Ada" }]);
    }
  });

  test("deletes an unproven row with the new address, and keeps the history of the account that gets it", async () => {
    const { id, from } = await someone();
    const [squatter, attacker] = [freshEmail(), browser()];
    await register(squatter, { password: "attackers own password", name: "Mallory" }, attacker);
    const [row] = await db().select().from(users).where(eq(users.email, squatter));
    await requestChange("email-change", identifierOf(squatter), from);
    expect(await confirmChange("email-change", await code(squatter), from)).toMatchObject({ ok: true });
    expect(await rowOf(row?.id ?? "")).toBeUndefined();
    expect(await rowOf(id)).toMatchObject({ email: squatter, name: "Ada", password: passwordHash });
    expect(await signsIn(squatter)).toBe(true);
    expect(await db().select().from(ledger).where(eq(ledger.userId, id))).toMatchObject([
      { purpose: "email-change", email: squatter, isVerified: true },
    ]);
  });

  test("works only in the browser and for the account that asked", async () => {
    const { id, email, them, from } = await someone();
    const other = await someone();
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const right = await code(next);
    const elsewhere = await signedIn(them);
    expect(await confirmChange("email-change", right, elsewhere)).toEqual({ ok: false, reason: "INVALID_CODE" });
    // Another person signs in in the same browser and asks for the same address. The earlier code is not theirs.
    const shared = { ...from, session: other.from.session };
    expect(await confirmChange("email-change", right, shared)).toEqual({ ok: false, reason: "INVALID_CODE" });
    await db().update(users).set({ pendingEmail: next }).where(eq(users.id, other.id));
    expect(await confirmChange("email-change", right, shared)).toMatchObject({ ok: false });
    expect([(await rowOf(id))?.email, (await rowOf(other.id))?.email]).toEqual([email, other.email]);
  });

  test.each([
    ["its session has been ended", (id: string) => db().execute(sql`delete from sessions where user_id = ${id}`)],
    [
      "its account has been deactivated",
      (id: string) => db().execute(sql`update users set is_active = false where id = ${id}`),
    ],
    [
      "another tab has asked for another address",
      (id: string) => db().execute(sql`update users set pending_email = 'other@example.com' where id = ${id}`),
    ],
  ])("is refused if, while the code is compared, %s", async (_what, meanwhile) => {
    const { id, email, from } = await someone();
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const right = await code(next);
    const { codeMatches } = codes;
    const comparison = vi.spyOn(codes, "codeMatches").mockImplementationOnce(async (...guess) => {
      await meanwhile(id);
      return codeMatches(...guess);
    });
    expect(await confirmChange("email-change", right, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    comparison.mockRestore();
    expect((await rowOf(id))?.email).toBe(email);
  });

  test("is replaced by a later ask for another address, also in another tab", async () => {
    const { id, from } = await someone();
    const [first, second] = [freshEmail(), freshEmail()];
    await requestChange("email-change", identifierOf(first), from);
    const stale = await code(first);
    await requestChange("email-change", identifierOf(second), from);
    expect(await confirmChange("email-change", stale, from)).toMatchObject({ reason: "INVALID_CODE" });
    expect(await confirmChange("email-change", await code(second), from)).toMatchObject({ ok: true });
    expect((await rowOf(id))?.email).toBe(second);
  });

  test("keeps to the new address's cooldown and hourly cap, whoever asks", async () => {
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), (await someone()).from);
    expect(await requestChange("email-change", identifierOf(next), (await someone()).from)).toMatchObject({
      reason: "COOLDOWN",
    });
    for (let times = 0; times < 4; times += 1) {
      await cool(next);
      expect(await requestChange("email-change", identifierOf(next), (await someone()).from)).toMatchObject({
        ok: true,
      });
    }
    await cool(next);
    expect(await requestChange("email-change", identifierOf(next), (await someone()).from)).toMatchObject({
      reason: "RATE_LIMITED",
    });
  });

  test("needs a proof of the last ten minutes, both for an admin, to ask and to confirm (SES-07)", async () => {
    const { them, from } = await someone();
    const old = await signedIn(them, { code: 601, password: 601 });
    const next = freshEmail();
    expect(await requestChange("email-change", identifierOf(next), old)).toEqual({
      ok: false,
      reason: "STEP_UP_REQUIRED",
    });
    await requestChange("email-change", identifierOf(next), from);
    const grown = { ...from, session: from.session && { ...from.session, proofAges: { password: null, code: 601 } } };
    expect(await confirmChange("email-change", await code(next), grown)).toMatchObject({ reason: "STEP_UP_REQUIRED" });

    const admin = await someone({ role: "ADMIN" });
    expect(await requestChange("email-change", identifierOf(freshEmail()), admin.from)).toMatchObject({
      reason: "STEP_UP_REQUIRED",
    });
    const both = await signedIn(admin.them, { code: 595, password: 595 });
    expect(await requestChange("email-change", identifierOf(freshEmail()), both)).toMatchObject({ ok: true });
  });

  test("to the account's own address is refused", async () => {
    const phone = freshPhone();
    const { email, from } = await someone({ phoneNumber: phone, phoneVerified: true });
    expect(await requestChange("email-change", identifierOf(email.toUpperCase()), from)).toEqual({
      ok: false,
      reason: "BAD_REQUEST",
      fieldErrors: { newEmail: [expect.any(String)] },
    });
    expect(await requestChange("phone-change", identifierOf(phone), from)).toMatchObject({
      fieldErrors: { newPhone: [expect.any(String)] },
    });
  });

  test("works for a demo account although a live account has that address; a demo account has no phone", async () => {
    const demo = await someone({}, "demo");
    const { email: next } = await someone();
    expect(await requestChange("phone-change", identifierOf(freshPhone()), demo.from)).toMatchObject({
      fieldErrors: { newPhone: [expect.any(String)] },
    });
    await requestChange("email-change", identifierOf(next), demo.from);
    expect(await confirmChange("email-change", await code(next), demo.from)).toMatchObject({ ok: true });
    expect(await db().select().from(demoUsers).where(eq(demoUsers.id, demo.id))).toMatchObject([
      { email: next, pendingEmail: null },
    ]);
    expect(await db().$count(users, eq(users.email, next))).toBe(1);
    expect(await queuedMessage(demo.email)).toMatchObject({ template: "email-changed" });
  });
});

describe("changing the phone (REC-07)", () => {
  test("adds a number, then changes it; each proven address is told, the old number too", async () => {
    const { id, email, them, from } = await someone();
    const [first, second] = [freshPhone(), freshPhone()];
    expect(await requestChange("phone-change", identifierOf(first), from)).toMatchObject({
      ok: true,
      value: { channel: "sms", expiresInSeconds: 300 },
    });
    expect(await rowOf(id)).toMatchObject({ phoneNumber: null, pendingPhone: first });
    expect(await confirmChange("phone-change", await code(first), from)).toMatchObject({ ok: true });
    expect(await rowOf(id)).toMatchObject({ phoneNumber: first, phoneVerified: true, pendingPhone: null });
    expect(await queuedMessage(email)).toMatchObject({ template: "phone-changed" });
    const again = await signedIn(them);
    const other = await signedIn(them);
    await requestChange("phone-change", identifierOf(second), again);
    expect(await confirmChange("phone-change", await code(second), again)).toMatchObject({ ok: true });
    expect(await queuedMessage(first)).toMatchObject({ template: "phone-changed" });
    expect(await sessionOf(other.secret)).toBeNull();
    expect([await signsIn(first), await signsIn(second)]).toEqual([false, true]);
  });

  test("is refused for a number that another account has proven, and allowed for an unproven one", async () => {
    const [{ from, id }, held, begun] = [await someone(), freshPhone(), freshPhone()];
    await someone({ phoneNumber: held, phoneVerified: true });
    await requestSignUp(identifierOf(begun), "live", browser());
    await requestChange("phone-change", identifierOf(held), from);
    expect(await confirmChange("phone-change", await code(held), from)).toMatchObject({
      reason: "TAKEN",
      fieldErrors: { newPhone: [expect.any(String)] },
    });
    await requestChange("phone-change", identifierOf(begun), from);
    expect(await confirmChange("phone-change", await code(begun), from)).toMatchObject({ ok: true });
    expect((await rowOf(id))?.phoneNumber).toBe(begun);
  });
});

test("an account that is deleted during its ask causes no fault, and nothing is pending", async () => {
  for (let times = 0; times < 6; times += 1) {
    const [{ id, from }, next] = [await someone(), freshEmail()];
    await Promise.all([
      requestChange("email-change", identifierOf(next), from),
      db().execute(sql`delete from users where id = ${id}`),
    ]);
    expect(await confirmChange("email-change", "123456", from)).toMatchObject({ ok: false });
  }
});
