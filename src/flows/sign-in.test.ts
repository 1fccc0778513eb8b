import { and, eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import * as bcrypt from "@/bcrypt";
import { db } from "@/db/client";
import type { AccountType } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { emailOtps, otpVerifications as ledger, phoneOtps } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { env } from "@/env";
import { testDatabase } from "@/testing/database";
import { stranger } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf, phoneAccount, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { me } from "./account";
import { confirmChange, requestChange } from "./address-change";
import type { AskingCaller } from "./caller";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, signOut, verifyCode } from "./sign-in";

testDatabase();

// A fake bcrypt that counts comparisons; the dummy hash need not be slow here.
vi.mock("@/bcrypt", async (original) => {
  const real = await original<typeof bcrypt>();
  const matches = async (text: string, hashed: string) =>
    hashed !== real.NOBODYS_HASH && real.bcryptMatches(text, hashed, stranger);
  return { ...real, bcryptHash: (text: string) => real.bcryptHash(text, 4, stranger), bcryptMatches: vi.fn(matches) };
});
const compared = vi.mocked(bcrypt.bcryptMatches);

const PASSWORD = "blue otter lamp chair";
let HASH = "";

beforeAll(async () => {
  HASH = await hashPassword(PASSWORD, stranger);
});

beforeEach(() => {
  compared.mockClear();
});

const person = () => account("live", { password: HASH });
const byPassword = (address: string, password = PASSWORD, from = browser(), accountType: AccountType = "live") =>
  signInByPassword(identifierOf(address), accountType, password, from);

/** Asks for a code and reads it from the message, also from a decoy's. */
async function ask(address: string, from = browser(), accountType: AccountType = "live") {
  const outcome = await requestCode(identifierOf(address), accountType, from);
  return { from, outcome, code: (await queuedCode(address)) ?? "" };
}
const byCode = (address: string, code: string, from: AskingCaller, accountType: AccountType = "live") =>
  verifyCode(identifierOf(address), accountType, code, from);

const only = <T>(rows: T[]): T => {
  expect(rows).toHaveLength(1);
  return rows[0] as T; // one row, asserted above
};
const sessionsOf = (id: string) =>
  db().select().from(sessions).where(sql`${id} in (${sessions.userId}, ${sessions.demoUserId})`);
const lastLoginOf = async (accountType: AccountType, id: string) => {
  const table = accountType === "live" ? users : demoUsers;
  return only(await db().select({ at: table.lastLoginAt }).from(table).where(eq(table.id, id))).at;
};

type Way = "live by email" | "live by phone" | "demo by email";
const ways: Way[] = ["live by email", "live by phone", "demo by email"];

/** The columns of the table of account states (design.md). `next` is set if that state signs in. */
const states = [
  { state: "none" },
  { state: "unproven", row: { isProfileComplete: false }, proven: [] },
  { state: "elsewhere", row: {}, proven: ["the other"] },
  { state: "incomplete", row: { isProfileComplete: false }, proven: ["this"], next: "profile" },
  { state: "active", row: {}, proven: ["this"], next: "account" },
  { state: "deactivated", row: { isActive: false }, proven: ["this"] },
] as const;
type State = (typeof states)[number];

const everyState = ways.flatMap((way) =>
  states.filter(({ state }) => way !== "demo by email" || state !== "elsewhere").map((state) => ({ way, ...state })),
);

/** An account in a state, with an address of the kind; in the state "none" only an address. */
async function someone(way: Way, at: State): Promise<{ address: string; accountType: AccountType; id: string | null }> {
  const accountType = way === "demo by email" ? "demo" : "live";
  const [email, phone] = [freshEmail(), freshPhone()];
  const address = way === "live by phone" ? phone : email;
  if (at.state === "none") return { address, accountType, id: null };
  const proven = new Set<string>(at.proven);
  const flags = { email: proven.has("this"), phone: proven.has("the other") };
  const { id } = await account(accountType, {
    ...at.row,
    password: HASH,
    email,
    emailVerified: way === "live by phone" ? flags.phone : flags.email,
    ...(accountType === "live" ? { phoneNumber: phone } : {}),
    ...(accountType === "live" ? { phoneVerified: way === "live by phone" ? flags.email : flags.phone } : {}),
  });
  return { address, accountType, id };
}

describe("sign-in by password, by the table of account states", () => {
  test.each(everyState)("$way: $state", async ({ way, ...at }) => {
    const { address, accountType, id } = await someone(way, at);
    const outcome = await byPassword(address, PASSWORD, browser(), accountType);
    // One comparison for everybody: with the account's hash if it may sign in, else with the dummy hash (ENU-02).
    const next = "next" in at ? at.next : null;
    expect(compared.mock.calls.map(([, hashed]) => hashed)).toEqual([next ? HASH : bcrypt.NOBODYS_HASH]);
    if (!next || !id) {
      expect(outcome).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
      if (id) expect([await sessionsOf(id), await lastLoginOf(accountType, id)]).toEqual([[], null]);
      return;
    }
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.value.next).toBe(next);
    expect(await sessionOf(outcome.value.sessionSecret)).toMatchObject({
      accountId: id,
      accountType,
      proofs: ["password"],
    });
    expect(Date.now() - Number(await lastLoginOf(accountType, id))).toBeLessThan(60_000);
    expect(await byPassword(address, `${PASSWORD} `, browser(), accountType)).toEqual({
      ok: false,
      reason: "INVALID_CREDENTIALS",
    });
  });

  test("an account without a password gets the answer to a wrong password", async () => {
    const { email } = await account("live");
    expect(await byPassword(email)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    expect(compared.mock.calls.map(([, hashed]) => hashed)).toEqual([bcrypt.NOBODYS_HASH]);
  });

  test.each([
    ["its password changed", { password: "another hash" }],
    ["the account deactivated", { isActive: false }],
  ])("%s during the comparison: nothing is proven", async (_what, change) => {
    const { id, email } = await person();
    compared.mockImplementationOnce(async () => {
      await db().update(users).set(change).where(eq(users.id, id));
      return true;
    });
    expect(await byPassword(email)).toEqual({ ok: false, reason: "INVALID_CREDENTIALS" });
    expect(await sessionsOf(id)).toEqual([]);
  });
});

describe("sign-in by code, by the table of account states", () => {
  test.each(everyState)("$way: $state", async ({ way, ...at }) => {
    const { address, accountType, id } = await someone(way, at);
    const { from, outcome, code } = await ask(address, browser(), accountType);
    // The answer is the same for all, and every ask queues a message. The worker drops a decoy's.
    const isSms = way === "live by phone";
    expect(outcome).toEqual({
      ok: true,
      value: {
        channel: isSms ? "sms" : "email",
        to: isSms ? expect.stringMatching(/^\+1 415 ••• \d{4}$/) : "p•••@example.com",
        codeLength: 6,
        expiresInSeconds: isSms ? 300 : 600,
        resendInSeconds: 60,
      },
    });
    const next = "next" in at ? at.next : null;
    const sent = only(await db().select().from(deliveries).where(eq(deliveries.recipient, address)));
    expect(sent).toMatchObject({ template: "code", decoy: next === null });

    // The table of the code (design.md): 001's own, with its type.
    const table = isSms ? phoneOtps : emailOtps;
    const stored = await db()
      .select({ type: table.type, userId: table.userId })
      .from(table)
      .innerJoin(ledger, eq(ledger.sNo, table.ledgerSNo))
      .where(eq(isSms ? ledger.phone : ledger.email, address));
    expect(stored).toEqual(next ? [{ type: "SIGNIN", userId: accountType === "live" ? id : null }] : []);

    const verified = await byCode(address, code, from, accountType);
    if (!next || !id) {
      expect(verified).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 2 });
      if (id) expect([await sessionsOf(id), await lastLoginOf(accountType, id)]).toEqual([[], null]);
      return;
    }
    if (!verified.ok) throw new Error(verified.reason);
    expect(verified.value.next).toBe(next);
    expect(await sessionOf(verified.value.sessionSecret)).toMatchObject({
      accountId: id,
      accountType,
      proofs: ["code"],
    });
    expect(Date.now() - Number(await lastLoginOf(accountType, id))).toBeLessThan(60_000);
    expect(await byCode(address, code, from, accountType)).toEqual({ ok: false, reason: "INVALID_CODE" });
  });

  test("an account deactivated after the ask is not signed in to", async () => {
    const { id, email } = await person();
    const { from, code } = await ask(email);
    await db().update(users).set({ isActive: false }).where(eq(users.id, id));
    expect(await byCode(email, code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await sessionsOf(id)).toEqual([]);
  });

  test("a live account's code does not work for the demo account with the same address (COD-04)", async () => {
    const { email } = await person();
    await account("demo", { email });
    const { from, code } = await ask(email);
    await ask(email, from, "demo");
    expect(await byCode(email, code, from, "demo")).toMatchObject({ ok: false });
    expect(await byCode(email, code, from)).toMatchObject({ ok: true });
  });

  test("a newer code from another browser ends the older one (COD-05)", async () => {
    const { email } = await person();
    const first = await ask(email);
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
    );
    const second = await ask(email);
    expect(await byCode(email, first.code, first.from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await byCode(email, second.code, second.from)).toMatchObject({ ok: true });
  });

  test("a demo account has no number: the error is shown at the field, and nothing is asked for", async () => {
    const { phone } = await phoneAccount();
    const { outcome } = await ask(phone, browser(), "demo");
    expect(outcome).toMatchObject({ ok: false, fieldErrors: { identifier: [expect.any(String)] } });
    expect(await db().select().from(ledger).where(eq(ledger.phone, phone))).toEqual([]);
  });
});

describe("a code for an address that the account no longer has", () => {
  test("ends with the change of address, and proves nothing", async () => {
    const { id, email } = await person();
    const { from, code } = await ask(email);
    const owner = await signedIn({ accountType: "live", id });
    const newEmail = freshEmail();
    await requestChange("email-change", identifierOf(newEmail), owner);
    expect(await confirmChange("email-change", (await queuedCode(newEmail)) ?? "", owner)).toMatchObject({ ok: true });
    expect(await byCode(email, code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect(await sessionsOf(id)).toHaveLength(1);
  });

  test("proves nothing even if it still lives", async () => {
    const { id, email } = await person();
    const { from, code } = await ask(email);
    await db().update(users).set({ email: freshEmail() }).where(eq(users.id, id));
    const next = await account("live", { email });
    expect(await byCode(email, code, from)).toEqual({ ok: false, reason: "INVALID_CODE" });
    expect([...(await sessionsOf(id)), ...(await sessionsOf(next.id))]).toEqual([]);
  });
});

describe("a step-up of the signed-in account", () => {
  const steppingUp = {
    password: async (email: string, from: AskingCaller) => byPassword(email, PASSWORD, from),
    code: async (email: string, from: AskingCaller) => byCode(email, (await ask(email, from)).code, from),
  };

  test.each(["password", "code"] as const)("by %s keeps the session, and replaces its secret", async (proof) => {
    const { id, email } = await person();
    const other = proof === "password" ? "code" : "password";
    const from = await signedIn({ accountType: "live", id }, { [other]: 60 });
    const proven = await steppingUp[proof](email, from);
    if (!proven.ok) throw new Error(proven.reason);
    expect(await sessionOf(from.secret)).toBeNull();
    const session = await sessionOf(proven.value.sessionSecret);
    expect(session).toMatchObject({ id: from.session?.id, proofs: ["password", "code"] });
    expect(session?.proofAges[proof]).toBeLessThan(10);
    expect(session?.proofAges[other]).toBeGreaterThanOrEqual(60);
    expect(await sessionsOf(id)).toHaveLength(1);
    const story = and(eq(auditLog.accountId, id), eq(auditLog.action, "session.step-up"));
    expect(await db().select().from(auditLog).where(story)).toMatchObject([{ reason: proof, actorId: id }]);
  });

  test("with a wrong proof keeps session and secret", async () => {
    const { id, email } = await person();
    const from = await signedIn({ accountType: "live", id });
    expect(await byPassword(email, "a wrong password", from)).toMatchObject({ ok: false });
    expect(await sessionOf(from.secret)).toMatchObject({ id: from.session?.id, proofs: ["code"] });
  });

  test("for another account ends this browser's session of the first", async () => {
    const [first, second] = [await person(), await person()];
    const from = await signedIn({ accountType: "live", id: first.id });
    const outcome = await byPassword(second.email, PASSWORD, from);
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(await sessionOf(from.secret)).toBeNull();
    expect(await me({ ...from, session: await sessionOf(outcome.value.sessionSecret) })).toMatchObject({
      id: second.id,
      proofs: ["password"],
    });
  });

  test("of a session that has ended since starts a new session", async () => {
    const { id, email } = await person();
    const from = await signedIn({ accountType: "live", id });
    await signOut(from);
    const outcome = await byPassword(email, PASSWORD, from);
    if (!outcome.ok) throw new Error(outcome.reason);
    const session = await sessionOf(outcome.value.sessionSecret);
    expect(session?.id).not.toBe(from.session?.id);
    expect(session?.proofs).toEqual(["password"]);
  });
});

test("a sign-out ends the session at once, and does nothing without one (SES-05)", async () => {
  const { id } = await person();
  const from = await signedIn({ accountType: "live", id });
  await signOut(from);
  expect(await sessionOf(from.secret)).toBeNull();
  await signOut(browser());
});

describe("the windows of one IP address", () => {
  const { guesses, requests } = env().ipHourly;
  beforeAll(() => {
    Object.assign(env().ipHourly, { guesses: 3, requests: 3 });
    return () => Object.assign(env().ipHourly, { guesses, requests });
  });

  test("count guesses at another account for the IP address, also from a signed-in account", async () => {
    const [own, victim] = [await person(), await person()];
    const from = browser();
    const signedIn = await byPassword(own.email, PASSWORD, from);
    if (!signedIn.ok) throw new Error(signedIn.reason);
    const session = await sessionOf(signedIn.value.sessionSecret);
    const fates = [];
    for (let i = 0; i < 4; i++) fates.push(await byPassword(victim.email, "a wrong password", { ...from, session }));
    expect(fates.map((fate) => !fate.ok && fate.reason)).toEqual([
      "INVALID_CREDENTIALS",
      "INVALID_CREDENTIALS",
      "RATE_LIMITED",
      "RATE_LIMITED",
    ]);
  });

  test("count codes asked for another account in the same way", async () => {
    const from = await signedIn({ accountType: "live", id: (await person()).id });
    const fates = [];
    for (let i = 0; i < 4; i++) fates.push((await ask(freshEmail(), from)).outcome);
    expect(fates.map((fate) => fate.ok)).toEqual([true, true, true, false]);
  });

  test("count step-up separately, so that neighbours at the IP address lock nobody out of it", async () => {
    const { id, email } = await person();
    const from = await signedIn({ accountType: "live", id });
    for (let i = 0; i < 5; i++) {
      await byPassword((await account("live")).email, "a neighbour's typo", from);
      await ask(freshEmail(), { ...from, session: null });
    }
    const anonymous = { ...from, session: null };
    expect(await byPassword(email, PASSWORD, anonymous)).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect((await ask(email, anonymous)).outcome).toMatchObject({ ok: false, reason: "RATE_LIMITED" });

    const again = await byPassword(email, PASSWORD, from);
    if (!again.ok) throw new Error(again.reason);
    const stillIn = { ...from, session: await sessionOf(again.value.sessionSecret) };
    const { outcome, code } = await ask(email, stillIn);
    expect(outcome.ok).toBe(true);
    expect(await byCode(email, code, stillIn)).toMatchObject({ ok: true });
  });
});
