import { createHash } from "node:crypto";
import { desc, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { findById } from "@/accounts/accounts";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { deviceLinks, knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { openMessage } from "@/delivery/envelope";
import { makeDeviceLink } from "@/otp/device-links";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, phoneAccount, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { activate, grant, revokeSessions } from "./admin";
import type { AskingCaller } from "./caller";
import { knowThisDevice } from "./device-link";
import { revokeOtherSessions } from "./own-sessions";
import { changePassword } from "./password-change";
import { reset } from "./password-reset";
import { sweepWeekly } from "./retention";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

const person = (row: Parameters<typeof account>[1] = {}) => account("live", { password: passwordHash, ...row });
const linkOf = (id: string, accountType: "live" | "demo" = "live") =>
  db().transaction((tx) => makeDeviceLink(tx, { accountType, id }));
const byPassword = (address: string, from: AskingCaller, password = PASSWORD) =>
  signInByPassword(identifierOf(address), "live", password, from);

/** Locks an identifier as strangers would. Returns the link from the owner's notice. */
async function lock(address: string): Promise<string> {
  for (let at = 0; at < 10; at += 1) await byPassword(address, browser(), "wrong wrong wrong");
  const [row] = await db()
    .select()
    .from(deliveries)
    .where(sql`template = 'locked-out' and not decoy`)
    .orderBy(desc(deliveries.createdAt))
    .limit(1);
  const message = row?.sealed ? openMessage(row.sealed, row) : null;
  return (message?.template === "locked-out" ? message.props.token : undefined) ?? "";
}

/** The browser after it has redeemed a link. */
async function redeemed(token: string, from = browser()): Promise<AskingCaller> {
  const outcome = await knowThisDevice(token, from);
  if (!outcome.ok) throw new Error(outcome.reason);
  return { ...from, devices: [outcome.value.deviceHash] };
}

const refused = { ok: false, reason: "INVALID_TOKEN" };

describe("the link in a lockout's notice (THR-10)", () => {
  test("lets the owner of a locked account in on an unknown browser; strangers stay locked out", async () => {
    const { email } = await person();
    const token = await lock(email);
    expect(await byPassword(email, browser())).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    const here = await redeemed(token);
    expect(await byPassword(email, here)).toMatchObject({ ok: true });
    expect(await byPassword(email, browser())).toMatchObject({ reason: "INVALID_CREDENTIALS" });
  });

  test("lets an admin in by password and by code, although no other link works for admins", async () => {
    const { id, email } = await person({ role: "ADMIN" });
    const here = await redeemed(await lock(email));
    expect(await byPassword(email, here)).toMatchObject({ ok: true });
    await requestCode(identifierOf(email), "live", here);
    expect(await verifyCode(identifierOf(email), "live", (await queuedCode(email)) ?? "", here)).toMatchObject({
      ok: true,
    });
    expect((await findById(db(), "live", id))?.role).toBe("ADMIN");
  });

  test("goes by text message if the account has only a phone", async () => {
    const { phone } = await phoneAccount({ password: passwordHash });
    const here = await redeemed(await lock(phone));
    expect(await byPassword(phone, here)).toMatchObject({ ok: true });
  });

  test("is a decoy for an address that opens no account, and no link is stored", async () => {
    const email = freshEmail();
    const before = await db().$count(deviceLinks);
    for (let at = 0; at < 10; at += 1) await byPassword(email, browser(), "wrong wrong wrong");
    expect(await db().$count(deliveries, sql`recipient = ${email} and template = 'locked-out' and decoy`)).toBe(1);
    expect(await db().$count(deviceLinks)).toBe(before);
  });
});

describe("a device link", () => {
  test("is stored as SHA-256 only, and works once, even of ten tries at once (LNK-03)", async () => {
    const { id } = await person();
    const token = await linkOf(id);
    const [row] = await db().select().from(deviceLinks).where(eq(deviceLinks.userId, id));
    expect(row?.token).toBe(createHash("sha256").update(token).digest("hex"));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => knowThisDevice(token, browser())));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(1);
    expect(await knowThisDevice(token, browser())).toEqual(refused);
  });

  test("proves nothing, sets nothing and signs nobody in", async () => {
    const { id } = await account("live", { emailVerified: false, phoneVerified: true, phoneNumber: "+14155550199" });
    const kept = async () => {
      const { updatedAt: _, ...row } = (await findById(db(), "live", id)) ?? {};
      return row;
    };
    const before = await kept();
    await redeemed(await linkOf(id));
    expect(await kept()).toEqual(before);
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    // It does not work as a reset link either.
    const another = await linkOf(id);
    expect(await reset(another, "green heron window soup", {}, browser())).toEqual(refused);
    expect(await knowThisDevice(another, browser())).toMatchObject({ ok: true });
  });

  test("works for 24 hours", async () => {
    const { id } = await person();
    const [token, other] = [await linkOf(id), await linkOf(id)];
    const older = (seconds: number) =>
      db().execute(
        sql`update device_links set expires_at = expires_at - make_interval(secs => ${seconds}) where user_id = ${id}`,
      );
    await older(24 * 3600 - 5);
    expect(await knowThisDevice(token, browser())).toMatchObject({ ok: true });
    await older(6);
    expect(await knowThisDevice(other, browser())).toEqual(refused);
  });

  test.each([
    [
      "a changed password",
      async (id: string) => {
        const here = await signedIn({ accountType: "live", id }, { password: 0 });
        expect(await changePassword(PASSWORD, "green heron window soup", here)).toMatchObject({ ok: true });
      },
    ],
    [
      "signing out everywhere else",
      async (id: string) => {
        const here = await signedIn({ accountType: "live", id }, { password: 0 });
        expect(await revokeOtherSessions(here)).toMatchObject({ ok: true });
      },
    ],
    ["an admin's end of all sessions", (id: string) => revokeSessions({ id }, { kind: "operator" })],
    ["a changed role", (id: string) => grant({ id }, { kind: "operator" })],
    ["a deactivation", (id: string) => activate({ id }, false, { kind: "operator" })],
  ])("is ended by %s (SES-06)", async (_what, end) => {
    const { id } = await person();
    const token = await linkOf(id);
    await end(id);
    expect(await db().$count(deviceLinks, eq(deviceLinks.userId, id))).toBe(0);
    expect(await knowThisDevice(token, browser())).toEqual(refused);
  });

  test("ends with its account, and works only for an active account or one with an incomplete profile", async () => {
    const { id } = await account("demo");
    const token = await linkOf(id, "demo");
    await db().execute(sql`update demo_users set is_active = false where id = ${id}`);
    expect(await knowThisDevice(token, browser())).toEqual(refused);
    await db().execute(sql`delete from demo_users where id = ${id}`);
    expect(await db().$count(deviceLinks, eq(deviceLinks.demoUserId, id))).toBe(0);
  });

  test("is told to the owner and recorded, because the next sign-in there sends no notice (REC-05)", async () => {
    const { id, email } = await person({ lastLoginAt: new Date() });
    const here = await redeemed(await linkOf(id));
    const told = (template: string) =>
      db().$count(deliveries, sql`recipient = ${email} and template = ${template} and not decoy`);
    expect(await told("device-known")).toBe(1);
    expect(await byPassword(email, here)).toMatchObject({ ok: true });
    expect(await told("new-sign-in")).toBe(0);
    const entries = await db().select().from(auditLog).where(eq(auditLog.accountId, id));
    expect(entries.map(({ action }) => action)).toContain("device.know");
    // A browser that is known already sends no notice.
    await redeemed(await linkOf(id), here);
    expect(await told("device-known")).toBe(1);
  });

  test("is swept after its life", async () => {
    await db().delete(deviceLinks);
    const { id } = await person();
    await linkOf(id);
    await linkOf(id);
    expect(await sweepWeekly()).toMatchObject({ device_links: 0 });
    await db().execute(sql`update device_links set expires_at = now() - interval '1 second'`);
    expect(await sweepWeekly()).toMatchObject({ device_links: 2 });
  });
});
