import { setTimeout as sleep } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { hashBrowser } from "@/otp/browsers";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { requestChange } from "./address-change";
import { challengeOf } from "./ask";
import type { AskingCaller } from "./caller";
import { deleteOwnAccount } from "./delete-account";
import { confirmLink, requestLink } from "./email-verification";
import {
  requestCode as requestReset,
  requestLink as requestResetLink,
  reset,
  verifyCode as verifyReset,
} from "./password-reset";
import { register } from "./registration";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, signOut, verifyCode } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
const NEXT = "green heron window soup";
let password = "";
beforeAll(async () => {
  password = await hashPassword(PASSWORD, stranger);
});

const tokenFor = async (address: string): Promise<string> => {
  const message = await queuedMessage(address);
  return (message && "token" in message.props ? message.props.token : undefined) ?? "";
};
const codeFor = async (address: string): Promise<string> => (await queuedCode(address)) ?? "";

/** An account with a password. */
const someone = (row: Parameters<typeof account>[1] = {}) => account("live", { password, ...row });
const signIn = (email: string, from: AskingCaller) => signInByPassword(identifierOf(email), "live", PASSWORD, from);

/** The browser as it calls after a sign-in: with its new id and its session. */
async function renewed(from: AskingCaller, signed: Awaited<ReturnType<typeof signIn>>): Promise<AskingCaller> {
  if (!signed.ok) throw new Error(signed.reason);
  const { browserId, sessionSecret } = signed.value;
  expect({ browserId }).toEqual({ browserId: expect.stringMatching(/^[\w-]{43}$/) });
  return { ...from, browser: hashBrowser(browserId ?? ""), session: await sessionOf(sessionSecret) };
}

/** Opens one challenge of every kind in a browser: two codes, a reset token and two links, each for another address. */
async function busy(from: AskingCaller) {
  const [signUp, linked] = [freshEmail(), freshEmail()];
  const [code, resets, links] = [await someone(), await someone(), await someone()];
  await requestSignUp(identifierOf(signUp), "live", from);
  await requestCode(identifierOf(code.email), "live", from);
  await requestReset(identifierOf(resets.email), "live", from);
  const earned = await verifyReset(identifierOf(resets.email), "live", await codeFor(resets.email), from);
  await register(linked, { password: PASSWORD, name: "Ada" }, from);
  await requestLink(linked, from);
  await requestResetLink(links.email, "live", from);
  return {
    signUp: { address: signUp, code: await codeFor(signUp) },
    signIn: { address: code.email, code: await codeFor(code.email) },
    resetToken: earned.ok ? earned.value.resetToken : "",
    link: { address: linked, token: await tokenFor(linked) },
    resetLink: { ...links, token: await tokenFor(links.email) },
  };
}

describe("a sign-in gives the browser a new id (SES-02)", () => {
  test("its open challenges move along, and do not work with the old id", async () => {
    const { email } = await someone();
    const from = browser();
    const open = await busy(from);
    const now = await renewed(from, await signIn(email, from));
    for (const purpose of ["sign-up", "sign-in"] as const) {
      expect(await challengeOf(purpose, from)).toBeNull();
      expect(await challengeOf(purpose, now)).not.toBeNull();
    }
    const { signUp, signIn: other, resetToken, link } = open;
    expect(await verifySignUp(identifierOf(signUp.address), "live", signUp.code, from)).toEqual({
      ok: false,
      reason: "INVALID_CODE",
    });
    expect(await reset(resetToken, NEXT, {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    const stranger = { ...now, session: null };
    expect(await reset(resetToken, NEXT, {}, stranger)).toMatchObject({ ok: true });
    const second = await renewed(stranger, await verifyCode(identifierOf(other.address), "live", other.code, stranger));
    const third = await renewed(second, await verifySignUp(identifierOf(signUp.address), "live", signUp.code, second));
    // The registration that this browser made two ids ago is kept too.
    expect(await confirmLink(link.token, third)).toMatchObject({ ok: true, value: { next: "account" } });
  });

  test("a code, a link and a step-up give a new id too, and the proof moves along", async () => {
    const [byCode, byLink] = [await someone(), freshEmail()];
    const from = browser();
    await requestCode(identifierOf(byCode.email), "live", from);
    const now = await renewed(
      from,
      await verifyCode(identifierOf(byCode.email), "live", await codeFor(byCode.email), from),
    );
    const stepped = await renewed(now, await signIn(byCode.email, now));
    expect(stepped.session?.id).toBe(now.session?.id);
    expect(stepped.browser).not.toBe(now.browser);
    const rows = await db().select({ browser: ledger.browser }).from(ledger).where(eq(ledger.email, byCode.email));
    expect(rows).toEqual([{ browser: stepped.browser }]);

    await register(byLink, { password: PASSWORD, name: "Ada" }, from);
    await requestLink(byLink, from);
    const linked = await confirmLink(await tokenFor(byLink), from);
    expect(linked).toMatchObject({ ok: true, value: { browserId: expect.stringMatching(/^[\w-]{43}$/) } });
  });

  test("a browser without an id gets none at a sign-in by password, and nothing moves", async () => {
    const { email } = await someone();
    const from = browser();
    await requestSignUp(identifierOf(freshEmail()), "live", from);
    const signed = await signInByPassword(identifierOf(email), "live", PASSWORD, { ...from, browser: null });
    expect(signed).toMatchObject({ ok: true, value: { browserId: null } });
    expect(await challengeOf("sign-up", from)).not.toBeNull();
  });

  test("a failed sign-in gives no new id", async () => {
    const { email } = await someone();
    const from = browser();
    await requestSignUp(identifierOf(freshEmail()), "live", from);
    await signInByPassword(identifierOf(email), "live", "not the password", from);
    expect(await challengeOf("sign-up", from)).not.toBeNull();
  });

  test("the move takes one more statement, the same for a decoy", async () => {
    const { email } = await someone();
    const [real, decoy, none] = [browser(), browser(), browser()];
    await requestCode(identifierOf((await someone()).email), "live", real);
    await requestCode(identifierOf(freshEmail()), "live", decoy);
    const taken = async (from: Parameters<typeof signInByPassword>[3]) =>
      statementsOf(() => signInByPassword(identifierOf(email), "live", PASSWORD, from));
    await signIn(email, browser()); // the first sign-in sends no notice
    const [moved, alike, idle] = [await taken(real), await taken(decoy), await taken({ ...none, browser: null })];
    expect(alike).toEqual(moved);
    expect(moved).toHaveLength(idle.length + 1);
  });

  test("challenges that are older than any link keep the old id", async () => {
    const { email } = await someone();
    const [from, address] = [browser(), freshEmail()];
    await requestSignUp(identifierOf(address), "live", from);
    await db().execute(
      sql`update otp_verifications set created_at = now() - interval '26 hours' where email = ${address}`,
    );
    await signIn(email, from);
    const [row] = await db().select().from(ledger).where(eq(ledger.email, address));
    expect(row?.browser).toBe(from.browser);
  });

  test("two tabs that sign in to two accounts at once both succeed without a fault", async () => {
    for (let round = 0; round < 15; round += 1) {
      const from = browser();
      const people = [await someone(), await someone(), await someone()];
      for (const { email } of people) await requestCode(identifierOf(email), "live", from);
      const codes = await Promise.all(people.map(({ email }) => codeFor(email)));
      const signed = await Promise.all(
        people.map(({ email }, at) => verifyCode(identifierOf(email), "live", codes[at] ?? "", from)),
      );
      for (const one of signed) expect(one.ok || one.reason === "INVALID_CODE").toBe(true);
      expect(signed.some(({ ok }) => ok)).toBe(true);
    }
  });
});

describe("a sign-out", () => {
  const end = {
    "signed in": async (from: AskingCaller) => signOut({ ...from, session: await sessionIn() }),
    "signed in nowhere": (from: AskingCaller) => signOut(from),
  };
  const sessionIn = async () => (await signedIn({ accountType: "live", ...(await someone()) })).session;

  test.each(Object.entries(end))("ends codes and reset tokens, %s", async (_when, signsOut) => {
    const from = browser();
    const { signUp, signIn: other, resetToken } = await busy(from);
    await signsOut(from);
    for (const purpose of ["sign-up", "sign-in", "password-reset", "verification"] as const)
      expect(await challengeOf(purpose, from)).toBeNull();
    const invalid = { ok: false, reason: "INVALID_CODE" };
    expect(await verifySignUp(identifierOf(signUp.address), "live", signUp.code, from)).toEqual(invalid);
    expect(await verifyCode(identifierOf(other.address), "live", other.code, from)).toEqual(invalid);
    expect(await reset(resetToken, NEXT, {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    // They end in other browsers too: their rows are deleted, and the ledger records that.
    for (const { address } of [signUp, other]) {
      const [row] = await db().select().from(ledger).where(eq(ledger.email, address));
      expect(row?.supersededAt).not.toBeNull();
      expect(await challengeOf("sign-up", { ...from, browser: row?.browser ?? null })).toMatchObject({
        receipt: { expiresInSeconds: 0 },
      });
    }
    const left = await db().execute(sql`select from signup_otps where email = ${signUp.address}
      union all select from email_otps e join users u on u.id = e.user_id where u.email = ${other.address}
      union all select from password_reset_otps where reset_token is not null`);
    expect(left).toHaveLength(0);
  });

  test("leaves a link that still proves its address and signs nobody in (LNK-04)", async () => {
    const from = browser();
    const { link } = await busy(from);
    await signOut(from);
    expect(await confirmLink(link.token, from)).toEqual({ ok: true, value: { next: "signin", sessionSecret: null } });
    const [row] = await db().select().from(users).where(eq(users.email, link.address));
    expect(row).toMatchObject({ emailVerified: true, password: null });
  });

  test("leaves a reset link that works as before, and does not turn an admin's into an operator's", async () => {
    const from = browser();
    const { resetLink } = await busy(from);
    await signOut(from);
    await db().execute(sql`update users set role = 'ADMIN' where id = ${resetLink.id}`);
    expect(await reset(resetLink.token, NEXT, {}, from)).toMatchObject({ reason: "INVALID_TOKEN" });
    await db().execute(sql`update users set role = 'USER' where id = ${resetLink.id}`);
    expect(await reset(resetLink.token, NEXT, {}, browser())).toMatchObject({ ok: true });
  });

  test("ends nothing of another browser", async () => {
    const [from, other] = [browser(), browser()];
    const { signUp } = await busy(other);
    await signOut(from);
    await signOut({ ...from, browser: null });
    expect(await verifySignUp(identifierOf(signUp.address), "live", signUp.code, other)).toMatchObject({ ok: true });
  });

  test("that is part of an account's deletion ends challenges for other addresses too", async () => {
    const { email: _, ...made } = await someone();
    const from = await signedIn({ accountType: "live", ...made });
    const { signUp } = await busy(from);
    expect(await deleteOwnAccount(from)).toMatchObject({ ok: true });
    expect(await verifySignUp(identifierOf(signUp.address), "live", signUp.code, from)).toMatchObject({ ok: false });
  });

  test("causes no fault while other tabs guess, change the address and sign in", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { email, id } = await someone();
      const from = await signedIn({ accountType: "live", id });
      const newEmail = freshEmail();
      await requestChange("email-change", identifierOf(newEmail), from);
      await requestCode(identifierOf(email), "live", from);
      const code = await codeFor(email);
      await Promise.all([
        signOut(from),
        verifyCode(identifierOf(email), "live", code, from),
        requestCode(identifierOf(freshEmail()), "live", from),
        signIn(email, from),
      ]);
      expect(await db().$count(ledger, eq(ledger.email, newEmail))).toBe(1);
    }
  });

  test("causes no fault while another tab resets the password", async () => {
    for (let round = 0; round < 40; round += 1) {
      const { email } = await someone();
      const from = browser();
      await requestReset(identifierOf(email), "live", from);
      const earned = await verifyReset(identifierOf(email), "live", await codeFor(email), from);
      const token = earned.ok ? earned.value.resetToken : "";
      // The sign-out runs between the reset's statements, each time between others.
      const leaving = sleep(round % 20).then(() => signOut(from));
      const [resetting, left] = await Promise.allSettled([reset(token, NEXT, {}, from), leaving]);
      expect([resetting.status, left.status]).toEqual(["fulfilled", "fulfilled"]);
      if (resetting.status === "fulfilled" && !resetting.value.ok)
        expect(resetting.value).toMatchObject({ reason: "INVALID_TOKEN" });
    }
  });
});
