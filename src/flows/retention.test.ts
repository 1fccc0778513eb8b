import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries, inboxMessages } from "@/db/schema/deliveries";
import { limitWindows } from "@/db/schema/limits";
import { emailVerificationTokens, otpVerifications as ledger, signupOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { env } from "@/env";
import { FORGOTTEN, isForgotten } from "@/keys";
import { testDatabase } from "@/testing/database";
import { account, browser, freshEmail, freshPhone, identifierOf, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { requestChange } from "./address-change";
import { forgetAccount, forgetDaily, sweepHourly, sweepWeekly } from "./retention";
import { requestCode as requestSignInCode } from "./sign-in";
import { requestCode, verifyCode } from "./sign-up";

testDatabase();

const ago = (days: number) => sql`now() - make_interval(days => ${days})`;

/** A ledger row that is that many days old. */
async function asked(days: number, row: Partial<typeof ledger.$inferInsert> = {}): Promise<number> {
  const values = {
    email: freshEmail(),
    purpose: "sign-up",
    channel: "email",
    ipAddress: "203.0.113.7",
    userAgent: "a browser",
  };
  const [written] = await db()
    .insert(ledger)
    .values({ ...values, ...row, createdAt: ago(days), expiresAt: ago(days) })
    .returning({ sNo: ledger.sNo });
  return written?.sNo ?? 0;
}
const rowOf = async (sNo: number) => (await db().select().from(ledger).where(eq(ledger.sNo, sNo)))[0];
const exists = async (id: string) => (await db().select().from(users).where(eq(users.id, id))).length === 1;
const unproven = (days: number, row = {}) =>
  account("live", { emailVerified: false, isProfileComplete: false, createdAt: ago(days) as never, ...row }); // an SQL value

describe("each hour", () => {
  test("expired codes, ended sessions and idle windows are deleted; live ones stay; a second sweep changes nothing (DAT-03)", async () => {
    const [dead, live] = [freshEmail(), freshEmail()];
    for (const email of [dead, live]) await requestCode(identifierOf(email), "live", browser());
    await db().execute(sql`update signup_otps set expires_at = now() - interval '1 second' where email = ${dead}`);
    const { id } = await account("live");
    await db()
      .insert(sessions)
      .values([
        { userId: id, secretHash: "idle", lastSeenAt: ago(8) as never }, // an SQL value
        { userId: id, secretHash: "old", createdAt: ago(31) as never },
        { userId: id, secretHash: "alive" },
      ]);
    await db().execute(sql`update limit_windows set updated_at = now() - interval '3 hours'
      where key = (select key from limit_windows limit 1)`);

    const counts = await sweepHourly();
    expect(counts).toMatchObject({ signup_otps: 1, sessions: 2, limit_windows: 1 });
    expect((await db().select().from(signupOtps)).map(({ email }) => email)).toEqual([live]);
    expect((await db().select().from(sessions)).map(({ secretHash }) => secretHash)).toEqual(["alive"]);
    expect(await db().select().from(limitWindows)).toHaveLength(1);
    expect(await sweepHourly()).toMatchObject({ signup_otps: 0, sessions: 0, limit_windows: 0, unproven: 0 });
  });

  test("accounts unproven for a day are deleted, and their ledger rows stay without an owner; other accounts stay", async () => {
    const gone = await unproven(2);
    const sNo = await asked(2, { userId: gone.id, email: gone.email });
    const spared = {
      young: await unproven(0),
      invited: await unproven(3, { invitedAt: ago(3) }),
      withLiveLink: await unproven(3),
      askedToday: await unproven(3),
      proven: await account("live", { createdAt: ago(9) as never }), // an SQL value
    };
    await db()
      .insert(emailVerificationTokens)
      .values({ userId: spared.withLiveLink.id, token: "live", expiresAt: sql`now() + interval '1 hour'` as never }); // an SQL value
    await asked(0, { userId: spared.askedToday.id, email: spared.askedToday.email });
    const lapsed = await unproven(9, { invitedAt: ago(8) });

    expect(await sweepHourly()).toMatchObject({ unproven: 2 });
    expect(await exists(gone.id)).toBe(false);
    expect(await exists(lapsed.id)).toBe(false);
    for (const { id } of Object.values(spared)) expect(await exists(id)).toBe(true);
    expect(await rowOf(sNo)).toMatchObject({ userId: null, email: null, ipAddress: null, purpose: "sign-up" });
  });

  test("unconfirmed changes of address and unused reset links are deleted after their time; live ones stay (DAT-03, REC-07)", async () => {
    const change = async () => {
      const { id } = await account("live");
      const from = await signedIn({ accountType: "live", id });
      const [email, phone] = [freshEmail(), freshPhone()];
      await requestChange("email-change", identifierOf(email), from);
      await requestChange("phone-change", identifierOf(phone), from);
      await db().execute(sql`update users set reset_token = ${id}, reset_token_expiry = now() + interval '15 minutes'
        where id = ${id}`);
      return { id, email, phone };
    };
    const pendingOf = async (id: string) => {
      const [row] = await db().select().from(users).where(eq(users.id, id));
      const { pendingEmail, pendingEmailOtp, pendingEmailExpiry, pendingPhone, resetToken } = row ?? {};
      return {
        pendingEmail,
        otp: Boolean(pendingEmailOtp),
        until: Boolean(pendingEmailExpiry),
        pendingPhone,
        resetToken,
      };
    };
    const [dead, live] = [await change(), await change()];
    await db().execute(sql`update otp_verifications set expires_at = now() where user_id = ${dead.id}`);
    await db().execute(sql`update users set pending_email_expiry = now() - interval '1 second',
      reset_token_expiry = now() - interval '1 second' where id = ${dead.id}`);
    const demo = await account("demo", { pendingEmail: freshEmail(), pendingEmailExpiry: ago(1) as never }); // an SQL value
    expect(await sweepHourly()).toMatchObject({ pending: 4 });
    expect(await pendingOf(dead.id)).toEqual({
      pendingEmail: null,
      otp: false,
      until: false,
      pendingPhone: null,
      resetToken: null,
    });
    expect(await pendingOf(live.id)).toEqual({
      pendingEmail: live.email,
      otp: true,
      until: true,
      pendingPhone: live.phone,
      resetToken: live.id,
    });
    const [row] = await db().select().from(demoUsers).where(eq(demoUsers.id, demo.id));
    expect(row?.pendingEmail).toBeNull();
    expect(await sweepHourly()).toMatchObject({ pending: 0 });
  });

  test("two sweeps at once do the work once", async () => {
    for (let i = 0; i < 30; i++) await unproven(2);
    const [one, two] = await Promise.all([sweepHourly(), sweepHourly()]);
    expect((one.unproven ?? 0) + (two.unproven ?? 0)).toBe(30);
  });
});

describe('each day (design, "Keeping and forgetting")', () => {
  test("addresses without an account become digests after 30 days, networks after 180; totals stay (DAT-05)", async () => {
    // An address and a browser that begin like a digest are still forgotten.
    const email = `~${freshEmail()}`;
    const { id } = await account("live");
    const rows = {
      young: await asked(29, { email }),
      old: await asked(31, { email }),
      sameAddress: await asked(32, { email }),
      owned: await asked(31, { userId: id, email: "owner@example.com" }),
      ancient: await asked(181, { userId: id, email: "owner@example.com", userAgent: "~ a browser" }),
      phone: await asked(31, { email: null, phone: "+14155550134" }),
    };
    const [before] = await db().select({ count: sql<number>`count(*)::int` }).from(ledger);
    await forgetDaily();
    expect(await rowOf(rows.young)).toMatchObject({ email, ipAddress: "203.0.113.7" });
    const old = await rowOf(rows.old);
    expect(isForgotten(old?.email ?? "")).toBe(true);
    expect(old?.email).not.toBe(email);
    expect(old?.ipAddress).toBe("203.0.113.7");
    // Rows of one address still count as one address.
    expect((await rowOf(rows.sameAddress))?.email).toBe(old?.email);
    expect(isForgotten((await rowOf(rows.phone))?.phone ?? "")).toBe(true);
    expect(await rowOf(rows.owned)).toMatchObject({ email: "owner@example.com" });
    const ancient = await rowOf(rows.ancient);
    expect(ancient?.email).toBe("owner@example.com");
    expect(isForgotten(ancient?.ipAddress ?? "")).toBe(true);
    expect(isForgotten(ancient?.userAgent ?? "")).toBe(true);
    expect(ancient?.userAgent).not.toContain("browser");
    expect(await db().select({ count: sql<number>`count(*)::int` }).from(ledger)).toEqual([before]);
    expect(await forgetDaily()).toEqual({
      addresses: 0,
      networks: 0,
      recipients: 0,
      oldDeliveries: 0,
      refusal_counts: 0,
    });
  });
});

describe("the recipients of messages", () => {
  /** A message that is that many days old, in some state. */
  async function message(days: number, row: Partial<typeof deliveries.$inferInsert> = {}) {
    const values = { channel: "email", template: "code", recipient: freshEmail(), state: "sent" };
    const [written] = await db()
      .insert(deliveries)
      .values({ ...values, ...row, createdAt: ago(days) as never, expiresAt: ago(days) as never }) // SQL values
      .returning({ id: deliveries.id });
    return written?.id ?? "";
  }
  const recipientOf = async (id: string) =>
    (await db().select().from(deliveries).where(eq(deliveries.id, id)))[0]?.recipient;

  test("become digests after KEEP_ADDRESS_DAYS, with or without an account; stories and totals stay", async () => {
    const { email } = await account("live");
    const messages = {
      young: await message(29, { recipient: email }),
      old: await message(31, { recipient: email }),
      sameAddress: await message(40, { recipient: email, state: "failed" }),
      another: await message(31, { recipient: `~${freshEmail()}` }),
      text: await message(31, { recipient: freshPhone(), channel: "sms", state: "dropped" }),
      queued: await message(31, { recipient: email, state: "queued", sealed: "a message" }),
    };
    const before = await db().$count(deliveries);
    expect(await forgetDaily()).toMatchObject({ recipients: 4 });
    expect(await recipientOf(messages.young)).toBe(email);
    expect(isForgotten((await recipientOf(messages.old)) ?? "")).toBe(true);
    expect(isForgotten((await recipientOf(messages.text)) ?? "")).toBe(true);
    expect(isForgotten((await recipientOf(messages.another)) ?? "")).toBe(true);
    // One address still counts as one, and two as two.
    expect(await recipientOf(messages.sameAddress)).toBe(await recipientOf(messages.old));
    expect(await recipientOf(messages.another)).not.toBe(await recipientOf(messages.old));
    // A queued message needs its address. The hourly sweep drops it; then its address is forgotten.
    expect(await recipientOf(messages.queued)).toBe(email);
    await sweepHourly();
    expect(await forgetDaily()).toMatchObject({ recipients: 1 });
    expect(await db().$count(deliveries)).toBe(before);
    expect(await forgetDaily()).toMatchObject({ recipients: 0 });
  });

  test("are forgotten after the number of days that is set", async () => {
    const { address } = env().keepDays;
    const id = await message(4);
    try {
      env().keepDays.address = 3;
      await forgetDaily();
    } finally {
      env().keepDays.address = address;
    }
    expect(isForgotten((await recipientOf(id)) ?? "")).toBe(true);
  });
});

test("verification tokens older than a month are deleted each week (001)", async () => {
  const { id } = await account("live");
  const token = (name: string, days: number) =>
    ({ userId: id, token: name, expiresAt: ago(days), createdAt: ago(days) }) as never; // SQL values
  await db()
    .insert(emailVerificationTokens)
    .values([token("old", 32), token("young", 20)]);
  expect(await sweepWeekly()).toMatchObject({ email_verification_tokens: 1 });
  expect(await sweepWeekly()).toMatchObject({ email_verification_tokens: 0 });
});

test("forgetting an account keeps its ledger rows without an owner, and nothing else of it anywhere (DAT-04)", async () => {
  const { id, email } = await account("live", { name: "Forgotten Person" });
  const from = browser();
  await requestCode(identifierOf(email), "live", from);
  const sNo = await asked(3, { userId: id, email });
  await db().transaction((tx) => forgetAccount(tx, { accountType: "live", id }));
  expect(await exists(id)).toBe(false);
  expect(await rowOf(sNo)).toMatchObject({
    userId: null,
    email: null,
    ipAddress: null,
    userAgent: null,
    browser: null,
  });
});

describe("forgetting an account and its addresses in other rows", () => {
  const forgetting = (id: string) => db().transaction((tx) => forgetAccount(tx, { accountType: "live", id }));
  /** The cells of all tables that hold this text. */
  async function traces(text: string): Promise<string[]> {
    const tables = await db().execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const table = sql.identifier(name);
      const [row] = await db().execute<{ count: number }>(
        sql`select count(*)::int as count from ${table} t where strpos(t::text, ${text}) > 0`,
      );
      if (row && row.count > 0) found.push(name);
    }
    return found;
  }

  test("drops and erases queued messages, deletes them from the inbox, and forgets the recipients of sent ones (DAT-04)", async () => {
    const phone = freshPhone();
    const { id, email } = await account("live", { email: `~${freshEmail()}`, phoneNumber: phone, phoneVerified: true });
    for (const address of [email, phone]) await requestSignInCode(identifierOf(address), "live", browser());
    const [shown] = await db()
      .insert(deliveries)
      .values({ channel: "email", template: "code", recipient: email, state: "sent", expiresAt: new Date() })
      .returning({ id: deliveries.id });
    await db()
      .insert(inboxMessages)
      .values({ id: shown?.id ?? "", sealed: "a message" });
    const others = freshEmail();
    await requestSignInCode(identifierOf(others), "live", browser());

    expect(await traces(email)).toContain("deliveries");
    await forgetting(id);
    expect([await traces(email), await traces(phone)]).toEqual([[], []]);
    expect(await db().$count(inboxMessages, eq(inboxMessages.id, shown?.id ?? ""))).toBe(0);
    const stories = await db()
      .select({ state: deliveries.state, sealed: deliveries.sealed, error: deliveries.error })
      .from(deliveries)
      .where(sql`${deliveries.recipient} ~ ${FORGOTTEN}`);
    const dropped = { state: "dropped", sealed: null, error: "the account was deleted" };
    expect(stories).toEqual(expect.arrayContaining([dropped, dropped, { state: "sent", sealed: null, error: null }]));
    const [queued] = await db().select().from(deliveries).where(eq(deliveries.recipient, others));
    expect(queued).toMatchObject({ state: "queued", sealed: expect.any(String) });
  });

  test("leaves codes asked for its address before it had it without an owner, and those of another account and of a demo account alone", async () => {
    const { id, email } = await account("live");
    const rows = {
      ownerless: await asked(2, { email, browser: "a browser", mailDomain: "example.com" }),
      owned: await asked(1, { email, userId: id }),
      demo: await asked(2, { email, userType: "demo" }),
      others: await asked(2),
    };
    await forgetting(id);
    const nobody = { userId: null, email: null, ipAddress: null, userAgent: null, browser: null, mailDomain: null };
    expect(await rowOf(rows.ownerless)).toMatchObject({ ...nobody, purpose: "sign-up", channel: "email" });
    expect(await rowOf(rows.owned)).toMatchObject(nobody);
    expect(await rowOf(rows.demo)).toMatchObject({ email, ipAddress: "203.0.113.7" });
    expect(await rowOf(rows.others)).toMatchObject({ email: expect.stringContaining("@") });
  });

  test("shows nothing to the next account with the address, and no old code works", async () => {
    const { id, email } = await account("live", { isProfileComplete: false });
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const code = (await queuedCode(email)) ?? "";
    await forgetting(id);
    expect(await verifyCode(identifierOf(email), "live", code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await exists(id)).toBe(false);
  });
});
