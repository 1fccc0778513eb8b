import { desc, eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as passwords from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { lockouts } from "@/db/schema/limits";
import { sessions } from "@/db/schema/sessions";
import * as codes from "@/otp/code";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf, otherCode, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { Busy } from "@/turns";
import { me } from "./account";
import type { AskingCaller } from "./caller";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await passwords.hashPassword(PASSWORD, stranger);
});

const person = (row: Parameters<typeof account>[1] = {}) => account("live", { password: passwordHash, ...row });
const trial = (email: string, password: string, from = browser()) =>
  signInByPassword(identifierOf(email), "live", password, from);
/** Lets a lock end by PostgreSQL's clock. */
const later = (seconds: number) =>
  db().execute(sql`update lockouts set locked_until = locked_until - make_interval(secs => ${seconds}),
    told_at = told_at - make_interval(secs => ${seconds})`);
/** A fake bcrypt, because the real one is slow. It counts the comparisons. */
const fakeHashing = () =>
  vi
    .spyOn(passwords, "passwordMatches")
    .mockImplementation(async (password, stored) => stored !== null && password === PASSWORD);
let matches: ReturnType<typeof fakeHashing>;

beforeEach(() => {
  matches = fakeHashing();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const lock = async (email: string, from?: AskingCaller) => {
  for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong", from);
};
const told = (address: string) =>
  db().$count(deliveries, sql`${deliveries.recipient} = ${address} and template = 'locked-out' and not decoy`);

describe("the lockout after ten failures in an hour", () => {
  test("compares ten of a hundred wrong passwords at once, then not even the right one, with the same answer", async () => {
    const { id, email } = await person();
    const answers = await Promise.all(Array.from({ length: 100 }, () => trial(email, "wrong wrong wrong")));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(matches.mock.calls.filter(([, stored]) => stored !== null)).toHaveLength(10);
    expect(await trial(email, PASSWORD)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    const [row] = await db().select().from(users).where(eq(users.id, id));
    expect(row?.lockedUntil?.getTime()).toBeGreaterThan(Date.now() + 14 * 60_000);
    expect(await told(email)).toBe(1);
    expect(await db().select().from(auditLog).where(eq(auditLog.accountId, id))).toMatchObject([
      { action: "lockout", actor: "person", addressDigest: expect.stringMatching(/^~/) },
    ]);

    await later(895);
    expect(await trial(email, PASSWORD)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    await later(6);
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
  });

  test("answers the same at an unknown address", async () => {
    const sequence = async (email: string) => {
      const answers = [];
      for (let at = 0; at < 12; at += 1) answers.push(await trial(email, "wrong wrong wrong"));
      return answers;
    };
    const [known, unknown] = [(await person()).email, freshEmail()];
    expect(await sequence(known)).toEqual(await sequence(unknown));
    const locks = db().select().from(auditLog).where(eq(auditLog.action, "lockout"));
    const [newest] = await locks.orderBy(desc(auditLog.sNo)).limit(1);
    expect(newest).toMatchObject({ action: "lockout", accountId: null, addressDigest: expect.stringMatching(/^~/) });
    expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${unknown} and decoy`)).toBe(1);
  });

  test("is told to the owner once a day, however often it locks", async () => {
    const { email } = await person();
    await lock(email);
    await later(901);
    await lock(email);
    expect(await told(email)).toBe(1);
    await later(24 * 3600);
    await lock(email);
    expect(await told(email)).toBe(2);
  });

  test("of a known device's own share is told too, at most once a day in all, and does not affect strangers", async () => {
    const { id, email } = await person();
    const device = { ...(await signedIn({ accountType: "live", id })), session: null };
    await lock(email, device);
    expect(await trial(email, PASSWORD, device)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
    expect(await told(email)).toBe(1);
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
    await lock(email);
    expect(await told(email)).toBe(1);
  });

  test("does not count failures before a success", async () => {
    const { email } = await person();
    for (let round = 0; round < 3; round += 1) {
      for (let at = 0; at < 9; at += 1) await trial(email, "wrong wrong wrong");
      expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
    }
  });

  test("counts wrong codes too, and compares no right code while it lasts", async () => {
    const { email } = await person();
    for (let at = 0; at < 8; at += 1) await trial(email, "wrong wrong wrong");
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const code = (await queuedCode(email)) ?? "";
    for (const left of [2, 1])
      expect(await verifyCode(identifierOf(email), "live", otherCode(code), from)).toMatchObject({
        attemptsRemaining: left,
      });
    expect(await verifyCode(identifierOf(email), "live", code, from)).toEqual({
      ok: false,
      reason: "INVALID_CODE",
      attemptsRemaining: 0,
    });
  });

  test("compares nothing and signs nobody in when it cannot count (DEL-04)", async () => {
    const { id, email } = await person();
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const code = (await queuedCode(email)) ?? "";
    const compared = vi.spyOn(codes, "codeMatches");
    await db().execute(sql`alter table lockouts rename to lockouts_away`);
    try {
      await expect(trial(email, PASSWORD)).rejects.toThrow();
      await expect(verifyCode(identifierOf(email), "live", code, from)).rejects.toThrow();
    } finally {
      await db().execute(sql`alter table lockouts_away rename to lockouts`);
    }
    expect(matches).not.toHaveBeenCalled();
    expect(compared).not.toHaveBeenCalled();
    expect(await db().$count(sessions, eq(sessions.userId, id))).toBe(0);
    // The attempt that was charged before the fault stays used; the code lives.
    expect(await verifyCode(identifierOf(email), "live", code, from)).toMatchObject({ ok: true });
  });

  test("does not count a try that was not compared because the queue for bcrypt was full (THR-10)", async () => {
    const { email } = await person();
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const code = (await queuedCode(email)) ?? "";
    for (let at = 0; at < 9; at += 1) await trial(email, "wrong wrong wrong");
    matches.mockRejectedValue(new Busy());
    vi.spyOn(codes, "codeMatches").mockRejectedValueOnce(new Busy());
    for (let at = 0; at < 12; at += 1) await expect(trial(email, PASSWORD)).rejects.toThrow(Busy);
    await expect(verifyCode(identifierOf(email), "live", code, from)).rejects.toThrow(Busy);
    expect(await told(email)).toBe(0);
    vi.restoreAllMocks();
    matches = fakeHashing();
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
  });

  test("runs the same statements at an unknown address before, at and after the lock (ENU-02)", async () => {
    const [known, unknown] = [(await person()).email, freshEmail()];
    await trial((await person()).email, "wrong wrong wrong"); // the driver looks types up once
    for (let at = 0; at < 11; at += 1) {
      const asKnown = await statementsOf(() => trial(known, "wrong wrong wrong"));
      expect(await statementsOf(() => trial(unknown, "wrong wrong wrong"))).toEqual(asKnown);
    }
  });

  test("is forgiven by a proven code after its end too, and the account is no longer shown as locked", async () => {
    const { id, email } = await person();
    await lock(email);
    await later(901);
    for (let at = 0; at < 8; at += 1) await trial(email, "wrong wrong wrong");
    const from = browser();
    await requestCode(identifierOf(email), "live", from);
    const code = (await queuedCode(email)) ?? "";
    expect(await verifyCode(identifierOf(email), "live", code, from)).toMatchObject({ ok: true });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
    for (let at = 0; at < 9; at += 1) await trial(email, "wrong wrong wrong");
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
  });

  test("leaves sessions and the demo account with the same address alone", async () => {
    const { id, email } = await person();
    await account("demo", { email, password: passwordHash });
    const inside = await signedIn({ accountType: "live", id });
    await lock(email);
    expect(await me(inside)).toMatchObject({ id });
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: false });
    expect(await signInByPassword(identifierOf(email), "demo", PASSWORD, browser())).toMatchObject({ ok: true });
  });

  test.each([
    ["unproven", { emailVerified: false }],
    ["proven elsewhere", { emailVerified: false, phoneNumber: freshPhone(), phoneVerified: true }],
    ["deactivated", { isActive: false }],
  ])("does not lock an account at an address that opens none (%s), and sends nothing", async (_state, row) => {
    const { id, email } = await person(row);
    await lock(email);
    expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
    expect(await told(email)).toBe(0);
    expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${email} and decoy`)).toBe(1);
  });
});

test("each address of an account is an identifier of its own", async () => {
  const phone = freshPhone();
  const { email } = await person({ phoneNumber: phone, phoneVerified: true });
  for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
  expect(await trial(phone, PASSWORD)).toMatchObject({ ok: true });
});

test("the table does not show whose identifiers are guessed at", async () => {
  const email = freshEmail();
  await trial(email, "wrong wrong wrong");
  const rows = await db().select().from(lockouts);
  expect(JSON.stringify(rows)).not.toContain(email);
});
