import { desc, eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as passwords from "@/accounts/passwords";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { knownDevices } from "@/db/schema/devices";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { chargeFailure } from "@/limits/lockout";
import { hashSecret, newSecret } from "@/secrets";
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
import { session, signedIn } from "@/testing/sessions";
import type { AskingCaller } from "./caller";
import { revokeOtherSessions, revokeOwnSession } from "./own-sessions";
import { requestLink, reset } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, signOut, verifyCode } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await passwords.hashPassword(PASSWORD, stranger);
});
// A fake bcrypt, because the real one is slow.
beforeEach(() => {
  vi.spyOn(passwords, "passwordMatches").mockImplementation(
    async (password, stored) => stored !== null && password === PASSWORD,
  );
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** An account, and a signed-out browser that has signed in to it before. */
async function person(row: Parameters<typeof account>[1] = {}) {
  const { id, email } = await account("live", { password: passwordHash, ...row });
  const owner = { accountType: "live" as const, id };
  const device = await signedIn(owner);
  await signOut(device);
  return { id, email, owner, device: { ...device, session: null } };
}

const byPassword = (email: string, from: AskingCaller = browser(), password = PASSWORD) =>
  signInByPassword(identifierOf(email), "live", password, from);
const ask = (email: string, from: AskingCaller) => requestCode(identifierOf(email), "live", from);
const verify = async (email: string, from: AskingCaller) =>
  verifyCode(identifierOf(email), "live", (await queuedCode(email)) ?? "", from);

/** The browser after a sign-in, with its device cookie and its session. */
async function admitted(from: AskingCaller, outcome: Awaited<ReturnType<typeof byPassword>>): Promise<AskingCaller> {
  if (!outcome.ok) throw new Error(outcome.reason);
  const { deviceSecret, sessionSecret } = outcome.value;
  const made = deviceSecret ? [hashSecret(deviceSecret)] : [];
  return { ...from, devices: [...made, ...from.devices], session: await sessionOf(sessionSecret) };
}

/**
 * Inserts old codes of strangers with wrong guesses; the newest is `minutes` old, the others are `apart` minutes apart.
 */
const asked = (email: string, rows: { count: number; attempts: number; minutes: number; apart: number }) =>
  db().execute(sql`insert into otp_verifications (email, purpose, channel, attempts, created_at, expires_at)
    select ${email}, 'sign-in', 'email', ${rows.attempts}::int, at, at
    from (select now() - make_interval(mins => ${rows.minutes}::int + n * ${rows.apart}::int) as at from generate_series(0, ${rows.count - 1}::int) n) t`);

/** Ways to use up the strangers' share of an address. Each checks the answer to a stranger. */
const sieges = {
  "the cooldown": async (email: string) => {
    await ask(email, browser());
    expect(await ask(email, browser())).toMatchObject({ reason: "COOLDOWN" });
  },
  "the hourly cap": async (email: string) => {
    await asked(email, { count: 5, attempts: 0, minutes: 2, apart: 2 });
    expect(await ask(email, browser())).toMatchObject({ reason: "RATE_LIMITED" });
  },
  "the guesses of a day": async (email: string) => {
    await asked(email, { count: 10, attempts: 2, minutes: 61, apart: 61 });
    const stranger = browser();
    await ask(email, stranger);
    expect(await verify(email, stranger)).toMatchObject({ reason: "INVALID_CODE", attemptsRemaining: 2 });
  },
  "the hundred guesses in a row": async (email: string) => {
    const guessed = { ...identifierOf(email), accountType: "live" as const, share: null };
    await chargeFailure(db(), guessed, { counts: true });
    await db().execute(sql`update lockouts set wrong_in_a_row = 100, closed_at = now() where wrong_in_a_row = 1`);
    const stranger = browser();
    await ask(email, stranger);
    expect(await verify(email, stranger)).toMatchObject({ reason: "INVALID_CODE", attemptsRemaining: 2 });
  },
  "the ten failures of the lockout": async (email: string) => {
    for (let at = 0; at < 10; at += 1) await byPassword(email, browser(), "wrong wrong wrong");
    expect(await byPassword(email)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    const stranger = browser();
    await ask(email, stranger);
    expect(await verify(email, stranger)).toMatchObject({ reason: "INVALID_CODE", attemptsRemaining: 2 });
  },
};

describe("strangers use up only their own share (THR-10)", () => {
  test.each(Object.entries(sieges))(
    "a known device signs in by password and by code after strangers used up %s",
    async (_what, siege) => {
      const { email, device } = await person();
      await siege(email);
      expect(await byPassword(email, device)).toMatchObject({ ok: true });
      expect(await ask(email, device)).toMatchObject({ ok: true });
      expect(await verify(email, device)).toMatchObject({ ok: true });
    },
  );

  test("a stranger's code and a known device's code do not retire each other", async () => {
    const { email, device } = await person();
    const stranger = browser();
    await ask(email, device);
    const mine = (await queuedCode(email)) ?? "";
    await ask(email, stranger);
    const theirs = (await queuedCode(email)) ?? "";
    expect(await verifyCode(identifierOf(email), "live", mine, device)).toMatchObject({ ok: true });
    expect(await verifyCode(identifierOf(email), "live", theirs, stranger)).toMatchObject({ ok: true });
  });

  test("a device has its own limits: cooldown, guesses and lockout", async () => {
    const { email, device } = await person();
    await ask(email, device);
    expect(await ask(email, device)).toMatchObject({ reason: "COOLDOWN" });
    const wrong = otherCode((await queuedCode(email)) ?? "");
    for (const left of [2, 1, 0])
      expect(await verifyCode(identifierOf(email), "live", wrong, device)).toMatchObject({ attemptsRemaining: left });
    for (let at = 0; at < 7; at += 1) await byPassword(email, device, "wrong wrong wrong");
    expect(await byPassword(email, device)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    expect(await byPassword(email)).toMatchObject({ ok: true });
  });

  test("with everything used up, only a link lets the owner in elsewhere, and makes that browser known", async () => {
    const { email } = await person();
    await asked(email, { count: 50, attempts: 2, minutes: 61, apart: 61 });
    await sieges["the ten failures of the lockout"](email);
    const elsewhere = browser();
    await requestLink(email, "live", elsewhere);
    const message = await queuedMessage(email);
    const token = message?.template === "reset-link" ? message.props.token : "";
    const done = await reset(token, "green heron window soup", {}, elsewhere);
    if (!done.ok) throw new Error(done.reason);
    const deviceSecret = done.value.deviceSecret ?? "";
    const known = { ...elsewhere, devices: [hashSecret(deviceSecret)] };

    // Strangers stay locked out, even with the right password.
    expect(await byPassword(email)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(await byPassword(email, known)).toMatchObject({ ok: true, value: { deviceSecret: null } });
    expect(await ask(email, known)).toMatchObject({ ok: true });
    expect(await verify(email, known)).toMatchObject({ ok: true });
    // The owner was told of the reset, so the sign-in in this browser sends no notice.
    expect(await notices(email)).toBe(0);
  });

  test("a device of another account is a stranger to this account", async () => {
    const [attacker, victim] = [await person(), await person()];
    await ask(victim.email, attacker.device);
    const [row] = await db().select({ device: ledger.device }).from(ledger).where(eq(ledger.email, victim.email));
    expect(row).toEqual({ device: null });
  });
});

const notices = (address: string) =>
  db().$count(deliveries, sql`${deliveries.recipient} = ${address} and template = 'new-sign-in' and not decoy`);
const newestOf = async (address: string) => {
  const [row] = await db()
    .select()
    .from(deliveries)
    .where(eq(deliveries.recipient, address))
    .orderBy(desc(deliveries.createdAt))
    .limit(1);
  return row;
};

describe("a new device (REC-05)", () => {
  test("gets a cookie of 32 random bytes, which is stored as SHA-256 and stays the same", async () => {
    const { id, email } = await account("live", { password: passwordHash });
    const from = browser();
    const first = await byPassword(email, from);
    if (!first.ok) throw new Error(first.reason);
    expect(first.value.deviceSecret).toMatch(/^[\w-]{43}$/);
    const known = await admitted(from, first);
    const [row] = await db().select().from(knownDevices).where(eq(knownDevices.userId, id));
    expect(row).toMatchObject({ secretHash: known.devices[0], userAgent: from.userAgent });
    expect(await byPassword(email, { ...known, session: null })).toMatchObject({ value: { deviceSecret: null } });
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(1);
  });

  test("is told to the owner at every proven address; the first sign-in and a known device are not", async () => {
    const phone = freshPhone();
    const { email } = await account("live", { password: passwordHash, phoneNumber: phone, phoneVerified: true });
    const from = browser();
    const known = await admitted(from, await byPassword(email, from));
    await byPassword(email, { ...known, session: null });
    expect([await notices(email), await notices(phone)]).toEqual([0, 0]);

    const userAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    await byPassword(email, browser({ userAgent }));
    expect([await notices(email), await notices(phone)]).toEqual([1, 1]);
    expect(await queuedMessage(email)).toMatchObject({
      template: "new-sign-in",
      props: { device: "Firefox on Windows" },
    });
    // A sign-in by code on a new device is told too.
    await ask(email, browser());
    const another = browser();
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    await ask(email, another);
    await verify(email, another);
    expect(await notices(email)).toBe(2);
  });

  test("is not told to an unproven address", async () => {
    const phone = freshPhone();
    const { email } = await person({ phoneNumber: phone, phoneVerified: false, lastLoginAt: new Date() });
    await byPassword(email);
    expect([await notices(email), await newestOf(phone)]).toEqual([1, undefined]);
  });

  test("is told to the owner of a demo account too", async () => {
    const { email } = await account("demo", { password: passwordHash, lastLoginAt: new Date() });
    await signInByPassword(identifierOf(email), "demo", PASSWORD, browser());
    expect(await notices(email)).toBe(1);
  });

  test("is separate for each account that signs in there: when one account forgets it, the other keeps it", async () => {
    const [own, other] = [await person(), await person()];
    const shared = { ...own.device, session: null };
    const there = await admitted(shared, await byPassword(other.email, shared));
    await revokeOwnSession(there.session?.id ?? "", there);
    await ask(own.email, shared);
    const [row] = await db().select({ device: ledger.device }).from(ledger).where(eq(ledger.email, own.email));
    expect(row?.device).not.toBeNull();
  });
});

describe("a revoked session and its device", () => {
  /** The share that counts this browser's asks for this address. */
  const shareOf = async (email: string, from: AskingCaller) => {
    await db().delete(ledger).where(eq(ledger.email, email));
    // Without its session, because a live session has a share of its own.
    await ask(email, { ...from, session: null });
    const [row] = await db().select({ device: ledger.device }).from(ledger).where(eq(ledger.email, email));
    return row?.device ?? null;
  };

  test("one revoked session makes its browser a stranger, and the next sign-in there is told as new", async () => {
    const { email, owner } = await person({ lastLoginAt: new Date() });
    const [here, there] = [await signedIn(owner), await signedIn(owner)];
    expect(await shareOf(email, there)).not.toBeNull();
    expect(await revokeOwnSession(there.session?.id ?? "", here)).toMatchObject({ ok: true });
    expect(await shareOf(email, there)).toBeNull();
    expect(await shareOf(email, here)).not.toBeNull();
    expect(await notices(email)).toBe(0);
    await byPassword(email, { ...there, session: null });
    expect(await notices(email)).toBe(1);
  });

  test("revoking all others makes all other devices strangers, signed in or not", async () => {
    const { email, owner, device } = await person();
    const [here, there] = [await signedIn(owner), await signedIn(owner)];
    const away = await admitted(device, await byPassword(email, device));
    await signOut(away);
    expect(await revokeOtherSessions(here)).toMatchObject({ ok: true });
    expect(await shareOf(email, there)).toBeNull();
    expect(await shareOf(email, here)).not.toBeNull();
    expect(await shareOf(email, { ...away, session: null })).toBeNull();
  });

  test("a browser with a second session stays known until that session is revoked too", async () => {
    const { id, email, owner } = await person();
    const here = await signedIn(owner);
    const [row] = await db()
      .select({ id: knownDevices.id })
      .from(knownDevices)
      .where(eq(knownDevices.secretHash, here.devices[0] ?? ""));
    const second = await sessionOf(
      await session({ accountType: "live", id }, { code: 0 }, { deviceId: row?.id ?? null }),
    );
    await revokeOwnSession(second?.id ?? "", here);
    expect(await shareOf(email, here)).not.toBeNull();
  });

  test("a session whose browser lost its device cookie revokes the new device after a step-up", async () => {
    const { email, owner } = await person();
    const here = await signedIn(owner);
    const there = { ...(await signedIn(owner)), devices: [] };
    const again = await admitted(there, await byPassword(email, there));
    expect(again.session?.id).toBe(there.session?.id);
    expect(await shareOf(email, again)).not.toBeNull();
    await revokeOwnSession(again.session?.id ?? "", here);
    expect(await shareOf(email, again)).toBeNull();
  });

  test("a sign-out keeps the browser known", async () => {
    const { email, owner } = await person();
    const here = await signedIn(owner);
    await signOut(here);
    expect(await shareOf(email, { ...here, session: null })).not.toBeNull();
  });
});

test("an unknown device cookie is a stranger's", async () => {
  const { email } = await person();
  await ask(email, browser({ devices: [hashSecret(newSecret())] }));
  const [row] = await db().select({ device: ledger.device }).from(ledger).where(eq(ledger.email, email));
  expect(row).toEqual({ device: null });
  expect(await ask(freshEmail(), browser())).toMatchObject({ ok: true });
});
