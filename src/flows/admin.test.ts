import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, test } from "vitest";
import { shareOf } from "@/accounts/devices";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { knownDevices } from "@/db/schema/devices";
import { withoutCommit } from "@/testing/commit";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import {
  activate,
  forgetDevice,
  grant,
  handOutReset,
  invite,
  remove,
  revoke,
  revokeSessions,
  sendReset,
  unlock,
} from "./admin";
import type { By } from "./audit";
import { inviteFirstAdmin } from "./first-admin";
import { requestLink, requestCode as requestReset, reset, verifyCode as verifyReset } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, signOut, verifyCode } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

testDatabase();
cheapHashing();
const FIRST = "first-admin@example.com";
process.env.ADMIN_EMAIL = FIRST;

const OPERATOR = { kind: "operator" } as const;
const hash = "$2b$12$rfPdei0qcT3U1mr0Y/oSju1aQfqM/nmMKYLkjL12rmpg4YC7MX/IS";
const roleOf = async (email: string) => (await db().select().from(users).where(eq(users.email, email)))[0]?.role;
const code = async (email: string) => (await queuedCode(email)) ?? "000000";

describe("granting and revoking", () => {
  test.each([
    ["no account", null],
    ["no password", {}],
    ["an incomplete profile", { password: hash, isProfileComplete: false }],
    ["an unproven address", { password: hash, emailVerified: false }],
    ["a deactivated account", { password: hash, isActive: false }],
  ])("%s makes no admin", async (_why, row) => {
    const email = row ? (await account("live", row)).email : freshEmail();
    expect(await grant({ email }, OPERATOR)).toMatchObject({ ok: false, fieldErrors: { email: [expect.any(String)] } });
    expect(await roleOf(email)).not.toBe("ADMIN");
  });

  test("a grant ends the account's sessions, codes and reset tokens from before", async () => {
    const { id, email } = await account("live", { password: hash });
    const { secret } = await signedIn({ accountType: "live", id });
    const from = browser();
    await requestReset(identifierOf(email), "live", from);
    const earned = await verifyReset(identifierOf(email), "live", await code(email), from);
    await requestLink(email, "live", browser());
    const message = await queuedMessage(email);
    const link = message?.template === "reset-link" ? message.props.token : "";
    expect(link).not.toBe("");
    expect(await grant({ email }, OPERATOR)).toEqual({ ok: true, value: { ok: true } });
    expect(await roleOf(email)).toBe("ADMIN");
    expect(await sessionOf(secret)).toBeNull();
    expect(await reset(earned.ok ? earned.value.resetToken : "", "green heron window soup", {}, from)).toMatchObject({
      reason: "INVALID_TOKEN",
    });
    expect(await reset(link, "green heron window soup", {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await db().select().from(auditLog).where(eq(auditLog.accountId, id))).toMatchObject([
      { actor: "operator", action: "admin.grant", result: "ok" },
    ]);
    expect(await revoke({ email }, OPERATOR)).toEqual({ ok: true, value: { isLast: true } });
    expect(await roleOf(email)).toBe("USER");
    expect(await revoke({ email }, OPERATOR)).toMatchObject({ ok: false });
  });

  test("an admin cannot revoke the last one", async () => {
    const { id, email } = await account("live", { password: hash, role: "ADMIN" });
    const admin = await signedIn({ accountType: "live", id });
    expect(await revoke({ email }, { admin })).toMatchObject({ ok: false });
    await account("live", { password: hash, role: "ADMIN" });
    expect(await revoke({ email }, { admin })).toMatchObject({ ok: true, value: { isLast: false } });
    expect(await db().select().from(auditLog).where(eq(auditLog.accountId, id))).toMatchObject([
      { actor: "admin", actorId: id, action: "admin.revoke", ipAddress: admin.ipAddress, requestId: admin.requestId },
    ]);
    await db().execute(sql`update users set role = 'USER'`);
  });
});

describe("a fault during an admin's action leaves neither the change nor its entry (SES-06, LOG-05)", () => {
  const acts: [string, { role?: "ADMIN" }, (id: string) => Promise<unknown>][] = [
    ["granting", {}, (id) => grant({ id }, OPERATOR)],
    ["revoking", { role: "ADMIN" }, (id) => revoke({ id }, OPERATOR)],
    ["deactivating", {}, (id) => activate({ id }, false, OPERATOR)],
    ["ending sessions", {}, (id) => revokeSessions({ id }, OPERATOR)],
    ["deleting", {}, (id) => remove({ id }, OPERATOR)],
  ];
  test.each(acts)("%s", async (_name, row, act) => {
    const { id, email } = await account("live", { password: hash, ...row });
    const { secret } = await signedIn({ accountType: "live", id });
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const [before] = await db().select().from(users).where(eq(users.id, id));
    // Everything is written by then. The entry must go with the rest.
    await expect(withoutCommit(() => act(id))).rejects.toThrow();
    expect((await db().select().from(users).where(eq(users.id, id)))[0]).toEqual(before);
    expect(await sessionOf(secret)).not.toBeNull();
    expect(await db().$count(auditLog, eq(auditLog.accountId, id))).toBe(0);
    expect(await verifyCode(identifierOf(email), "live", await code(email), from)).toMatchObject({ ok: true });
    await db().execute(sql`update users set role = 'USER' where id = ${id}`);
  });
});

test("an invitation waits unproven for seven days, and can be sent once a minute", async () => {
  const email = freshEmail();
  expect(await invite(email, OPERATOR)).toMatchObject({ ok: true });
  expect(await queuedMessage(email)).toMatchObject({ template: "invitation", props: { expiresInSeconds: 7 * 86_400 } });
  expect(await invite(email, OPERATOR)).toMatchObject({ reason: "COOLDOWN" });
  expect(await invite((await account("live")).email, OPERATOR)).toMatchObject({ ok: false, reason: "BAD_REQUEST" });
});

test("ending an account's sessions makes its devices unknown, signed in or not, and leaves other accounts alone (SES-08)", async () => {
  const { id, email } = await account("live", { password: hash });
  const them = { accountType: "live" as const, id };
  const [here, gone] = [await signedIn(them), await signedIn(them)];
  await signOut(gone);
  const { email: othersEmail, ...other } = await account("live");
  const others = await signedIn({ accountType: "live", ...other });
  expect(await revokeSessions({ id }, OPERATOR)).toEqual({ ok: true, value: { ok: true } });
  expect(await sessionOf(here.secret)).toBeNull();
  const subject = { accountType: "live" as const, channel: "email" as const, address: email };
  expect(await shareOf(db(), here.devices, subject)).toBeNull();
  expect(await shareOf(db(), gone.devices, subject)).toBeNull();
  expect(await shareOf(db(), others.devices, { ...subject, address: othersEmail })).not.toBeNull();
});

test("forgetting a device ends only its sessions, and is recorded with the reason (ADM-06)", async () => {
  const { id, email } = await account("live");
  const them = { accountType: "live" as const, id };
  const [here, there] = [await signedIn(them), await signedIn(them)];
  const [row] = await db()
    .select()
    .from(knownDevices)
    .where(eq(knownDevices.secretHash, there.devices[0] ?? ""));
  const deviceId = row?.id ?? "";
  const someone = await account("live");
  expect(await forgetDevice({ id: someone.id }, deviceId, OPERATOR)).toEqual({ ok: false, reason: "NOT_FOUND" });
  expect(await forgetDevice({ id }, deviceId, OPERATOR, "as asked")).toEqual({ ok: true, value: { ok: true } });
  expect(await forgetDevice({ id }, deviceId, OPERATOR)).toEqual({ ok: false, reason: "NOT_FOUND" });
  const alive = [await sessionOf(here.secret), await sessionOf(there.secret)];
  expect(alive.map((session) => session !== null)).toEqual([true, false]);
  const subject = { accountType: "live" as const, channel: "email" as const, address: email };
  expect(await shareOf(db(), there.devices, subject)).toBeNull();
  expect(await shareOf(db(), here.devices, subject)).not.toBeNull();
  const written = await db().select().from(auditLog).where(eq(auditLog.accountId, id));
  expect(written).toEqual([
    expect.objectContaining({ actor: "operator", action: "admin.forget-device", result: "ok", reason: "as asked" }),
  ]);
});

test("a handed-out link resets an admin's password once", async () => {
  const { email } = await account("live", { password: hash, role: "ADMIN" });
  const handed = await handOutReset({ email }, OPERATOR);
  const token = new URL(handed.ok ? handed.value.link : "http://x").searchParams.get("token") ?? "";
  expect(await reset(token, "green heron window soup", {}, browser())).toMatchObject({ ok: true });
  expect(await reset(token, "green heron window soup", {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
  expect(await roleOf(email)).toBe("ADMIN");
  await db().execute(sql`update users set role = 'USER'`);
});

test("unlocking opens the share of strangers and the shares of the account's devices", async () => {
  const { id, email } = await account("live", { password: hash });
  const device = { ...(await signedIn({ accountType: "live", id })), session: null };
  for (const from of [browser(), device])
    await Promise.all(
      Array.from({ length: 10 }, () =>
        signInByPassword(identifierOf(email), "live", "wrong wrong wrong", { ...from, ipAddress: browser().ipAddress }),
      ),
    );
  const locked = () =>
    db().execute<{ n: number }>(sql`select count(*)::int as n from lockouts where locked_until > now()`);
  expect(await locked()).toEqual([{ n: 2 }]);
  expect(await unlock({ email }, OPERATOR)).toMatchObject({ ok: true });
  expect(await locked()).toEqual([{ n: 0 }]);
  expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
});

describe("admins among themselves", () => {
  const admin = async (row: Parameters<typeof account>[1] = {}) => {
    const made = await account("live", { password: hash, role: "ADMIN", ...row });
    const by: By = { admin: await signedIn({ accountType: "live", id: made.id }) };
    return { id: made.id, by };
  };
  const active = () => db().$count(users, sql`role = 'ADMIN' and is_active`);
  afterEach(() => db().execute(sql`update users set role = 'USER'`));

  const acts = {
    revoke,
    deactivate: (which: { id: string }, by: By) => activate(which, false, by),
    remove: (which: { id: string }, by: By) => remove(which, by),
  };
  test.each(Object.entries(acts))("two that %s each other at once leave one admin", async (_name, act) => {
    for (let round = 0; round < 5; round += 1) {
      await db().execute(sql`update users set role = 'USER'`);
      const [one, two] = [await admin(), await admin()];
      const done = await Promise.all([act({ id: one.id }, two.by), act({ id: two.id }, one.by)]);
      expect(done.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await active()).toBe(1);
    }
  });

  test("one who was just demoted cannot act, although an earlier check passed", async () => {
    const [one, two] = [await admin(), await admin()];
    expect(await revoke({ id: one.id }, two.by)).toMatchObject({ ok: true });
    expect(await activate({ id: two.id }, false, one.by)).toMatchObject({ ok: false, reason: "FORBIDDEN" });
    expect(await active()).toBe(1);
    const email = freshEmail();
    expect(await invite(email, one.by)).toMatchObject({ ok: false, reason: "FORBIDDEN" });
    expect(await queuedMessage(email)).toBeNull();
  });

  test("one whose sessions another admin has just ended cannot act, because the session may be a thief's", async () => {
    const [one, two, { id }] = [await admin(), await admin(), await account("live", { password: hash })];
    const email = freshEmail();
    expect(await revokeSessions({ id: one.id }, two.by)).toMatchObject({ ok: true });
    for (const act of [grant, revoke, unlock, sendReset, revokeSessions, remove])
      expect(await act({ id }, one.by)).toMatchObject({ ok: false, reason: "UNAUTHORIZED" });
    expect(await invite(email, one.by)).toMatchObject({ ok: false, reason: "UNAUTHORIZED" });
    expect(await db().$count(auditLog, eq(auditLog.actorId, one.id))).toBe(0);
    expect(await db().$count(users, eq(users.id, id))).toBe(1);
  });

  test("a deactivated admin does not count as the last admin", async () => {
    const [one, idle] = [await admin(), await admin({ isActive: false })];
    expect(await revoke({ id: idle.id }, one.by)).toMatchObject({ ok: true });
    expect(await revoke({ id: one.id }, one.by)).toMatchObject({ ok: false });
  });

  test("an admin cannot mail a reset link to themselves", async () => {
    const [one, two] = [await admin(), await admin()];
    expect(await sendReset({ id: one.id }, one.by)).toMatchObject({ ok: false, reason: "BAD_REQUEST" });
    expect(await sendReset({ id: one.id }, two.by)).toMatchObject({ ok: true });
  });
});

describe("ADMIN_EMAIL", () => {
  const invitations = () =>
    db().$count(deliveries, sql`${deliveries.recipient} = ${FIRST} and template = 'admin-invitation'`);
  const anew = async () => {
    await db().execute(sql`delete from users where email = ${FIRST}`);
    await db().execute(sql`delete from deliveries where recipient = ${FIRST}`);
    await db().execute(sql`delete from otp_verifications where email = ${FIRST}`);
  };

  test("is invited once a day while there is no admin, by any number of processes", async () => {
    await anew();
    const sent = await Promise.all(Array.from({ length: 8 }, () => inviteFirstAdmin()));
    expect(sent.filter(Boolean)).toHaveLength(1);
    expect(await invitations()).toBe(1);
    await db().execute(sql`update users set invited_at = invited_at - interval '25 hours' where email = ${FIRST}`);
    expect(await inviteFirstAdmin()).toBe(true);
    await db().execute(sql`update users set invited_at = invited_at - interval '25 hours' where email = ${FIRST}`);
    const other = await account("live", { role: "ADMIN", password: hash });
    expect(await inviteFirstAdmin()).toBe(false);
    await db().delete(users).where(eq(users.id, other.id));
  });

  test("becomes admin by a proof of its own address, and not by another address or an old invitation", async () => {
    const signUp = async (email: string) => {
      const from = browser();
      await requestSignUp(identifierOf(email), "live", from);
      expect(await verifySignUp(identifierOf(email), "live", await code(email), from)).toMatchObject({ ok: true });
      return roleOf(email);
    };
    await anew();
    expect(await signUp(freshEmail())).toBe("USER");
    await inviteFirstAdmin();
    await db().execute(sql`update users set invited_at = now() - interval '8 days' where email = ${FIRST}`);
    expect(await signUp(FIRST)).toBe("USER");
    await anew();
    await inviteFirstAdmin();
    expect(await signUp(FIRST)).toBe("ADMIN");
  });

  test("becomes admin at the next sign-in by email code if it has an account", async () => {
    await anew();
    await account("live", { email: FIRST, password: hash });
    await inviteFirstAdmin();
    const from = browser();
    await requestCode(identifierOf(FIRST), "live", from);
    expect(await roleOf(FIRST)).toBe("USER");
    await verifyCode(identifierOf(FIRST), "live", await code(FIRST), from);
    expect(await roleOf(FIRST)).toBe("ADMIN");
  });

  test("loses the sessions and codes from before, except the browser that signs in (SES-06)", async () => {
    await anew();
    const { id } = await account("live", { email: FIRST, password: hash });
    const owner = { accountType: "live" as const, id };
    // With both fresh proofs, the role alone would open the admin pages to this session.
    const elsewhere = await signedIn(owner, { code: 0, password: 0 });
    const here = await signedIn(owner, { password: 0 });
    const resetting = browser();
    await requestReset(identifierOf(FIRST), "live", resetting);
    await verifyReset(identifierOf(FIRST), "live", await code(FIRST), resetting);
    await requestLink(FIRST, "live", browser());
    await inviteFirstAdmin();
    await requestCode(identifierOf(FIRST), "live", here);
    const proven = await verifyCode(identifierOf(FIRST), "live", await code(FIRST), here);
    if (!proven.ok) throw new Error(proven.reason);
    expect(await roleOf(FIRST)).toBe("ADMIN");
    expect(await sessionOf(elsewhere.secret)).toBeNull();
    expect(await sessionOf(proven.value.sessionSecret)).toMatchObject({ accountId: id, proofs: ["password", "code"] });
    expect((await db().select().from(users).where(eq(users.email, FIRST)))[0]?.resetToken).toBeNull();
    expect(await db().execute(sql`select 1 from password_reset_otps where user_id = ${id}`)).toHaveLength(0);
  });
});
