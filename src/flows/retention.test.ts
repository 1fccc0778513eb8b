import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { limitWindows } from "@/db/schema/limits";
import { emailVerificationTokens, otpVerifications as ledger, signupOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { FORGOTTEN } from "@/keys";
import { testDatabase } from "@/testing/database";
import { account, browser, freshEmail, identifierOf } from "@/testing/people";
import { forgetAccount, forgetDaily, sweepHourly, sweepWeekly } from "./retention";
import { requestCode } from "./sign-up";

testDatabase();

const ago = (days: number) => sql`now() - make_interval(days => ${days})`;

/** A ledger row of a day in the past. */
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
  test("expired codes, ended sessions and idle windows go; live ones stay; twice does no more", async () => {
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

  test("accounts nobody has proven in a day go, and their ledger rows are nobody's; others are spared", async () => {
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

  test("two sweeps at once do the work once", async () => {
    for (let i = 0; i < 30; i++) await unproven(2);
    const [one, two] = await Promise.all([sweepHourly(), sweepHourly()]);
    expect((one.unproven ?? 0) + (two.unproven ?? 0)).toBe(30);
  });
});

describe('each day (design, "Keeping and forgetting")', () => {
  test("addresses without an account become digests after 30 days, networks after 180; totals stay", async () => {
    const email = freshEmail();
    const { id } = await account("live");
    const rows = {
      young: await asked(29, { email }),
      old: await asked(31, { email }),
      sameAddress: await asked(32, { email }),
      owned: await asked(31, { userId: id, email: "owner@example.com" }),
      ancient: await asked(181, { userId: id, email: "owner@example.com" }),
      phone: await asked(31, { email: null, phone: "+14155550134" }),
    };
    const [before] = await db().select({ count: sql<number>`count(*)::int` }).from(ledger);
    await forgetDaily();
    expect(await rowOf(rows.young)).toMatchObject({ email, ipAddress: "203.0.113.7" });
    const old = await rowOf(rows.old);
    expect(old?.email?.startsWith(FORGOTTEN)).toBe(true);
    expect(old?.ipAddress).toBe("203.0.113.7");
    // Rows of one address still count as one.
    expect((await rowOf(rows.sameAddress))?.email).toBe(old?.email);
    expect((await rowOf(rows.phone))?.phone?.startsWith(FORGOTTEN)).toBe(true);
    expect(await rowOf(rows.owned)).toMatchObject({ email: "owner@example.com" });
    const ancient = await rowOf(rows.ancient);
    expect(ancient?.email).toBe("owner@example.com");
    expect(ancient?.ipAddress?.startsWith(FORGOTTEN)).toBe(true);
    expect(ancient?.userAgent?.startsWith(FORGOTTEN)).toBe(true);
    expect(await db().select({ count: sql<number>`count(*)::int` }).from(ledger)).toEqual([before]);
    expect(await forgetDaily()).toEqual({ addresses: 0, networks: 0, recipients: 0 });
  });
});

test("each week verification tokens older than a month go (001)", async () => {
  const { id } = await account("live");
  const token = (name: string, days: number) =>
    ({ userId: id, token: name, expiresAt: ago(days), createdAt: ago(days) }) as never; // SQL values
  await db()
    .insert(emailVerificationTokens)
    .values([token("old", 32), token("young", 20)]);
  expect(await sweepWeekly()).toEqual({ email_verification_tokens: 1 });
  expect(await sweepWeekly()).toEqual({ email_verification_tokens: 0 });
});

test("forgetting an account leaves its ledger rows, nobody's, and nothing of it anywhere (DAT-04)", async () => {
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
