import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { deliver } from "@/delivery/deliver";
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
import { me, otpHistory, updateOwnProfile } from "./account";
import { confirmChange, requestChange } from "./address-change";
import { deleteOwnAccount, exportAccount } from "./leaving";
import { ownSessions, revokeOtherSessions, revokeOwnSession } from "./own-sessions";
import { changePassword } from "./password-change";
import { requestCode as requestReset } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "./sign-in";

testDatabase();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD);
});

type Row = Parameters<typeof account>[1];
/** Someone signed in, with a proof of a moment ago. */
async function someone(row: Row = {}, type: "live" | "demo" = "live") {
  const made = await account(type, { password: passwordHash, ...row });
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const code = async (address: string) => (await queuedCode(address)) ?? "";
const rowOf = async (id: string) => (await db().select().from(users).where(eq(users.id, id)))[0];

describe("changing the email (REC-07)", () => {
  test("the code goes to the new address; until it is proven the old one works, and then it does not", async () => {
    const { id, email, from } = await someone();
    const next = freshEmail();
    expect(await requestChange("email-change", identifierOf(next), from)).toMatchObject({
      ok: true,
      value: { channel: "email" },
    });
    const pending = await rowOf(id);
    expect(pending).toMatchObject({ email, pendingEmail: next });
    const [stored] = await db().execute<{ otp: string; type: string }>(
      sql`select otp, type from email_otps where user_id = ${id}`,
    );
    expect(stored).toEqual({ otp: pending?.pendingEmailOtp, type: "EMAIL_CHANGE" });
    expect(pending?.pendingEmailExpiry?.getTime()).toBeGreaterThan(Date.now() + 9 * 60_000);
    expect(await signInByPassword(identifierOf(email), "live", PASSWORD, browser())).toMatchObject({ ok: true });

    const again = { ...from, session: (await sessionOf(from.secret)) ?? from.session };
    expect(await confirmChange("email-change", await code(next), again)).toMatchObject({ ok: true });
    expect(await rowOf(id)).toMatchObject({
      email: next,
      emailVerified: true,
      pendingEmail: null,
      pendingEmailOtp: null,
    });
    expect(await queuedMessage(email)).toMatchObject({ template: "email-changed" });
    expect(await signInByPassword(identifierOf(email), "live", PASSWORD, browser())).toMatchObject({ ok: false });
  });

  test("ends every other session, challenge and pending change; this session has a new secret", async () => {
    const { id, email, them, from } = await someone();
    const other = await signedIn(them);
    const asking = browser();
    await requestSignIn(identifierOf(email), "live", asking);
    const stale = await code(email);
    await requestChange("phone-change", identifierOf(freshPhone()), from);
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), from);
    const changed = await confirmChange("email-change", await code(next), from);
    expect(changed).toMatchObject({ ok: true });
    expect(await sessionOf(other.secret)).toBeNull();
    expect(await sessionOf(from.secret)).toBeNull();
    expect(await sessionOf(changed.ok ? changed.value.sessionSecret : "")).toMatchObject({ id: from.session?.id });
    expect(await verifySignIn(identifierOf(email), "live", stale, asking)).toMatchObject({ ok: false });
    expect(await rowOf(id)).toMatchObject({ pendingPhone: null });
  });

  test("who has the address is told only once it is proven; nobody loses theirs", async () => {
    const [{ from }, holder] = [await someone(), await someone()];
    expect(await requestChange("email-change", identifierOf(holder.email), from)).toMatchObject({ ok: true });
    expect(await confirmChange("email-change", otherCode(await code(holder.email)), from)).toMatchObject({
      reason: "INVALID_CODE",
    });
    expect(await confirmChange("email-change", await code(holder.email), from)).toMatchObject({
      reason: "TAKEN",
      fieldErrors: { newEmail: [expect.any(String)] },
    });
    expect(await rowOf(holder.id)).toMatchObject({ email: holder.email });
  });

  test("two people race for one address: one has it, and one alone", async () => {
    const [a, b] = [await someone(), await someone()];
    const next = freshEmail();
    await requestChange("email-change", identifierOf(next), a.from);
    const first = await code(next);
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${next}`,
    );
    // The newer ask retires the older: to the address both are strangers.
    await requestChange("email-change", identifierOf(next), b.from);
    const second = await code(next);
    const answers = await Promise.all([
      confirmChange("email-change", first, a.from),
      confirmChange("email-change", second, b.from),
    ]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await db().$count(users, eq(users.email, next))).toBe(1);
  });

  test("an unproven row reserves nothing", async () => {
    const { id, from } = await someone();
    const squatter = await account("live", { emailVerified: false, isProfileComplete: false });
    await requestChange("email-change", identifierOf(squatter.email), from);
    expect(await confirmChange("email-change", await code(squatter.email), from)).toMatchObject({ ok: true });
    expect(await rowOf(squatter.id)).toBeUndefined();
    expect(await rowOf(id)).toMatchObject({ email: squatter.email });
  });

  test("one's own address is no change; a demo account changes its email, and has no phone", async () => {
    const { email, from } = await someone();
    expect(await requestChange("email-change", identifierOf(email), from)).toMatchObject({
      fieldErrors: { newEmail: [expect.any(String)] },
    });
    const demo = await someone({}, "demo");
    const next = freshEmail();
    expect(await requestChange("phone-change", identifierOf(freshPhone()), demo.from)).toMatchObject({
      fieldErrors: { newPhone: [expect.any(String)] },
    });
    await requestChange("email-change", identifierOf(next), demo.from);
    expect(await confirmChange("email-change", await code(next), demo.from)).toMatchObject({ ok: true });
    expect(await db().$count(demoUsers, eq(demoUsers.email, next))).toBe(1);
  });
});

test("a phone is added, then changed; each proven address is told", async () => {
  const { id, email, them, from } = await someone();
  const [first, second] = [freshPhone(), freshPhone()];
  await requestChange("phone-change", identifierOf(first), from);
  expect(await rowOf(id)).toMatchObject({ phoneNumber: null, pendingPhone: first });
  expect(await confirmChange("phone-change", await code(first), from)).toMatchObject({ ok: true });
  expect(await rowOf(id)).toMatchObject({ phoneNumber: first, phoneVerified: true, pendingPhone: null });
  expect(await queuedMessage(email)).toMatchObject({ template: "phone-changed" });
  const again = await signedIn(them);
  await requestChange("phone-change", identifierOf(second), again);
  expect(await confirmChange("phone-change", await code(second), again)).toMatchObject({ ok: true });
  expect(await queuedMessage(first)).toMatchObject({ template: "phone-changed" });
});

describe("the password", () => {
  test("is changed by who knows it: others are signed out, what was begun ends, the owner is told", async () => {
    const { email, them, from } = await someone();
    const other = await signedIn(them);
    const asking = browser();
    await requestSignIn(identifierOf(email), "live", asking);
    const stale = await code(email);
    expect(await changePassword("not this one at all", "green heron window soup", from)).toMatchObject({
      reason: "INVALID_CREDENTIALS",
      fieldErrors: { currentPassword: [expect.any(String)] },
    });
    expect(await changePassword(null, "green heron window soup", from)).toMatchObject({
      reason: "INVALID_CREDENTIALS",
    });
    const changed = await changePassword(PASSWORD, "green heron window soup", from);
    expect(changed).toMatchObject({ ok: true });
    expect(await sessionOf(other.secret)).toBeNull();
    expect(await sessionOf(from.secret)).toBeNull();
    expect(await sessionOf(changed.ok ? changed.value.sessionSecret : "")).toMatchObject({
      proofs: ["password", "code"],
    });
    expect(await verifySignIn(identifierOf(email), "live", stale, asking)).toMatchObject({ ok: false });
    expect(await queuedMessage(email)).toMatchObject({ template: "password-changed" });
  });

  test("a first one is set without another", async () => {
    const { id, email, from } = await someone({ password: null });
    expect(await changePassword(null, "short", from)).toMatchObject({ reason: "PASSWORD_TOO_SHORT" });
    expect(await changePassword(null, "green heron window soup", from)).toMatchObject({ ok: true });
    expect(await signInByPassword(identifierOf(email), "live", "green heron window soup", browser())).toMatchObject({
      ok: true,
    });
    expect(await db().execute(sql`select action from audit_log where account_id = ${id} order by s_no`)).toMatchObject([
      { action: "password.set" },
      { action: "session.start" },
    ]);
  });
});

describe("sessions", () => {
  test("are listed with their devices in words, this one first; one is ended, or all others", async () => {
    const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
    const { them, from } = await someone();
    const [second, third] = [await signedIn(them), await signedIn(them)];
    await db()
      .update(sessions)
      .set({ userAgent: agent })
      .where(eq(sessions.id, second.session?.id ?? ""));
    const listed = await ownSessions(from);
    if (!listed.ok) throw new Error("refused");
    expect(listed.value.map(({ current }) => current)).toEqual([true, false, false]);
    expect(listed.value.map(({ device }) => device)).toContain("Firefox on Windows");
    expect(await revokeOwnSession(second.session?.id ?? "", from)).toMatchObject({ ok: true });
    expect(await sessionOf(second.secret)).toBeNull();
    // Its device is a stranger again.
    expect(await db().$count(knownDevices, eq(knownDevices.secretHash, second.device ?? ""))).toBe(0);
    expect(await revokeOtherSessions(from)).toMatchObject({ ok: true });
    expect(await sessionOf(third.secret)).toBeNull();
    expect(await sessionOf(from.secret)).not.toBeNull();
  });

  test("a foreign id looks like a missing one (ENU-05)", async () => {
    const [{ from }, other] = [await someone(), await someone()];
    const foreign = await revokeOwnSession(other.from.session?.id ?? "", from);
    expect(foreign).toEqual(await revokeOwnSession("00000000-0000-4000-8000-000000000000", from));
    expect(foreign).toMatchObject({ reason: "NOT_FOUND" });
    expect(await sessionOf(other.from.secret)).not.toBeNull();
  });

  test("an admin's that was idle for an hour has proven nothing any more; another's stays as it was (SES-04)", async () => {
    const idle = async (row: Row) => {
      const { from } = await someone(row);
      await db().execute(
        sql`update sessions set last_seen_at = now() - interval '61 minutes' where id = ${from.session?.id}`,
      );
      return (await sessionOf(from.secret))?.proofs;
    };
    expect(await idle({ role: "ADMIN" })).toEqual([]);
    expect(await idle({})).toEqual(["code"]);
  });
});

test("the profile is changed field by field; a username that somebody has, in any case, is taken", async () => {
  const [{ id, from }, other] = [await someone({ name: "Ada", country: "UK" }), await someone()];
  const username = `ada${Date.now()}`;
  expect(await updateOwnProfile({ username, country: null }, from)).toMatchObject({
    ok: true,
    value: { username, country: null, name: "Ada" },
  });
  expect(await updateOwnProfile({ username: username.toUpperCase() }, other.from)).toMatchObject({ reason: "TAKEN" });
  expect(await rowOf(id)).toMatchObject({ username, name: "Ada", country: null });
});

test("the history is one's own newest twenty, without digests", async () => {
  const { id, email, from } = await someone();
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, created_at, expires_at)
    select ${id}, ${email}, 'sign-in', 'email', now() - n * interval '1 day', now() from generate_series(1, 25) n`);
  const history = await otpHistory(from);
  if (!history.ok) throw new Error("refused");
  expect(history.value).toHaveLength(20);
  expect(Object.keys(history.value[0] ?? {}).sort()).toEqual(
    [
      "attempts",
      "channel",
      "createdAt",
      "email",
      "ipAddress",
      "isVerified",
      "phone",
      "purpose",
      "sNo",
      "verifiedAt",
    ].sort(),
  );
});

describe("leaving", () => {
  test("the export holds what is kept, and nothing that opens anything", async () => {
    const { id, email, from } = await someone();
    await requestReset(identifierOf(email), "live", browser());
    const exported = await exportAccount(from);
    if (!exported.ok) throw new Error("refused");
    const text = JSON.stringify(exported.value);
    for (const part of [id, email, "password-reset"]) expect(text).toContain(part);
    expect(text).not.toMatch(/\$2[aby]\$|secret_?hash|otp_?code|resetToken|~[0-9a-f]{32}/i);
    expect(text).not.toContain(passwordHash);
  });

  test("afterwards the address is nowhere, once the last message is sent; totals and the audit log stay", async () => {
    const phone = freshPhone();
    const { id, email, from } = await someone({ phoneNumber: phone, phoneVerified: true, username: `u${Date.now()}` });
    await requestSignIn(identifierOf(email), "live", browser());
    await requestReset(identifierOf(phone), "live", browser());
    await db().execute(
      sql`insert into otp_verifications (email, purpose, channel, ip_address) values (${email}, 'sign-up', 'email', '203.0.113.9')`,
    );
    const totals = () =>
      db().execute(
        sql`select created_at::date, count(*)::int, sum(attempts)::int from otp_verifications group by 1 order by 1`,
      );
    const before = await totals();
    expect(await deleteOwnAccount(from)).toEqual({ ok: true, value: { ok: true } });
    expect(await totals()).toEqual(before);
    expect(await me({ ...from, session: await sessionOf(from.secret) })).toBeNull();
    expect(await queuedMessage(email)).toMatchObject({ template: "account-deleted" });
    const waiting = await db().select().from(deliveries).where(eq(deliveries.state, "queued"));
    for (const { id: deliveryId } of waiting) await deliver(deliveryId);
    await db().execute(sql`delete from inbox_messages`); // what the trial's inbox shows, for a day
    expect(await db().execute(sql`select action from audit_log where account_id = ${id}`)).toMatchObject([
      { action: "account.delete" },
    ]);
    for (const trace of [email, phone, id])
      expect(await tablesHolding(trace)).toEqual(trace === id ? ["audit_log"] : []);
  });

  test("a demo account leaves likewise", async () => {
    const { id, email, from } = await someone({}, "demo");
    expect(await deleteOwnAccount(from)).toMatchObject({ ok: true });
    expect(await db().$count(demoUsers, eq(demoUsers.id, id))).toBe(0);
    expect(await db().$count(deliveries, sql`recipient = ${email} and template <> 'account-deleted'`)).toBe(0);
  });
});

/** Every table, the queue's too, with a row that holds this text anywhere. */
async function tablesHolding(text: string): Promise<string[]> {
  const tables = await db().execute<{ name: string }>(sql`select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)`);
  const found = [];
  for (const { name } of tables) {
    const rows = await db().execute(sql`select from ${sql.raw(name)} t where t::text like ${`%${text}%`} limit 1`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
