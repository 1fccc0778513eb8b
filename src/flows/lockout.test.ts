import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import * as passwords from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { lockouts } from "@/db/schema/limits";
import * as limits from "@/limits/lockout";
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
import { requestLink, reset } from "./password-reset";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await passwords.hashPassword(PASSWORD);
});

const person = (row: Parameters<typeof account>[1] = {}) => account("live", { password: passwordHash, ...row });
const trial = (email: string, password: string, from = browser()) =>
  signInByPassword(identifierOf(email), "live", password, from);
/** A lock whose time is over, by PostgreSQL's clock. */
const later = (seconds: number) =>
  db().execute(sql`update lockouts set locked_until = locked_until - make_interval(secs => ${seconds}),
    told_at = told_at - make_interval(secs => ${seconds})`);
/** Stands for bcrypt, which takes its time: what is asked here is how often it is given a hash to compare with. */
function fakeHashing() {
  return vi
    .spyOn(passwords, "passwordMatches")
    .mockImplementation(async (password, stored) => stored !== null && password === PASSWORD);
}
const told = (address: string) =>
  db().$count(deliveries, sql`${deliveries.recipient} = ${address} and template = 'locked-out' and not decoy`);

describe("ten failures in an hour lock an identifier for fifteen minutes", () => {
  test("of a hundred wrong passwords at once ten are compared; then the right one is not, and the answer does not tell", async () => {
    const { id, email } = await person();
    const matches = fakeHashing();
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

    await later(901);
    expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]?.lockedUntil).toBeNull();
    matches.mockRestore();
  });

  test("an unknown address goes through the same answers", async () => {
    const matches = fakeHashing();
    const sequence = async (email: string) => {
      const answers = [];
      for (let at = 0; at < 12; at += 1) answers.push(await trial(email, "wrong wrong wrong"));
      return answers;
    };
    const [known, unknown] = [(await person()).email, freshEmail()];
    expect(await sequence(known)).toEqual(await sequence(unknown));
    expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${unknown} and decoy`)).toBe(1);
    matches.mockRestore();
  });

  test("the owner is told once a day, however often it locks", async () => {
    const { email } = await person();
    const matches = fakeHashing();
    const lock = async () => {
      for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
    };
    await lock();
    await later(901);
    await lock();
    expect(await told(email)).toBe(1);
    await later(24 * 3600);
    await lock();
    expect(await told(email)).toBe(2);
    matches.mockRestore();
  });

  test("a success forgives what was wrong before it", async () => {
    const { email } = await person();
    const matches = fakeHashing();
    for (let round = 0; round < 3; round += 1) {
      for (let at = 0; at < 9; at += 1) await trial(email, "wrong wrong wrong");
      expect(await trial(email, PASSWORD)).toMatchObject({ ok: true });
    }
    matches.mockRestore();
  });

  test("wrong codes count too, and while it is locked the right code is not compared", async () => {
    const { email } = await person();
    const matches = fakeHashing();
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
    matches.mockRestore();
  });

  test("a limiter that cannot count compares nothing", async () => {
    const { email } = await person();
    const matches = fakeHashing();
    const broken = vi.spyOn(limits, "chargeFailure").mockRejectedValue(new Error("no counting"));
    await expect(trial(email, PASSWORD)).rejects.toThrow("no counting");
    expect(matches).not.toHaveBeenCalled();
    broken.mockRestore();
    matches.mockRestore();
  });
});

describe("strangers spend only their own share", () => {
  /** A stranger who trips every cap and budget of this address. */
  async function siege(email: string) {
    const stranger = browser();
    for (let at = 0; at < 5; at += 1) {
      await requestCode(identifierOf(email), "live", stranger);
      const code = (await queuedCode(email)) ?? "";
      for (let tries = 0; tries < 3; tries += 1)
        await verifyCode(identifierOf(email), "live", otherCode(code), stranger);
      await db().execute(
        sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
      );
    }
    for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
    expect(await requestCode(identifierOf(email), "live", stranger)).toMatchObject({ reason: "RATE_LIMITED" });
  }

  test("on a known device the owner signs in by password and by code; elsewhere by a link alone", async () => {
    const { id, email } = await person();
    const them = { accountType: "live" as const, id };
    const device = { ...(await signedIn(them)), session: null };
    const matches = fakeHashing();
    await siege(email);
    expect(await trial(email, PASSWORD)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(await trial(email, PASSWORD, device)).toMatchObject({ ok: true });
    expect(await requestCode(identifierOf(email), "live", device)).toMatchObject({ ok: true });
    expect(await verifyCode(identifierOf(email), "live", (await queuedCode(email)) ?? "", device)).toMatchObject({
      ok: true,
    });

    const elsewhere = browser();
    await requestLink(email, "live", elsewhere);
    const message = await queuedMessage(email);
    const token = message?.template === "reset-link" ? message.props.token : "";
    const done = await reset(token, "green heron window soup", {}, elsewhere);
    expect(done).toMatchObject({ ok: true, value: { deviceSecret: expect.any(String) } });
    matches.mockRestore();
  });

  test("a device of another account is a stranger to this one", async () => {
    const [{ id }, victim] = [await person(), await person()];
    const attacker = await signedIn({ accountType: "live", id });
    await requestCode(identifierOf(victim.email), "live", attacker);
    const [row] = await db().execute<{ device: string | null }>(
      sql`select device from otp_verifications where email = ${victim.email}`,
    );
    expect(row).toEqual({ device: null });
  });

  test("a hundred wrong sign-in codes in a row close code sign-in to strangers, until a success", async () => {
    const { id, email } = await person();
    const device = { ...(await signedIn({ accountType: "live", id })), session: null };
    await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, attempts, created_at, expires_at)
      select ${id}, ${email}, 'sign-in', 'email', 3, now() - n * interval '30 hours', now() from generate_series(1, 34) n`);
    const attempt = async (from = browser()) => {
      await requestCode(identifierOf(email), "live", from);
      return verifyCode(identifierOf(email), "live", (await queuedCode(email)) ?? "", from);
    };
    expect(await attempt()).toMatchObject({ reason: "INVALID_CODE" });
    expect(await attempt(device)).toMatchObject({ ok: true });
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    expect(await attempt()).toMatchObject({ ok: true });
  });
});

test("each address of an account is an identifier of its own", async () => {
  const phone = freshPhone();
  const { email } = await person({ phoneNumber: phone, phoneVerified: true });
  const matches = fakeHashing();
  for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
  expect(await trial(phone, PASSWORD)).toMatchObject({ ok: true });
  matches.mockRestore();
});

test("the table says of nobody that they are guessed at", async () => {
  const email = freshEmail();
  await trial(email, "wrong wrong wrong");
  const rows = await db().select().from(lockouts);
  expect(JSON.stringify(rows)).not.toContain(email);
});
