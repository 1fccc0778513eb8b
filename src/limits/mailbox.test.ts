import { randomBytes } from "node:crypto";
import { and, eq, like, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { confirmChange, requestChange } from "@/flows/address-change";
import { sendReset } from "@/flows/admin";
import { challengeOf } from "@/flows/ask";
import { verifyCode as proveEmail, requestLink as requestVerification } from "@/flows/email-verification";
import { requestCode as requestReset, requestLink as requestResetLink, reset } from "@/flows/password-reset";
import { register, requestCode as requestPasscode } from "@/flows/registration";
import { sessionOf } from "@/flows/session";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "@/flows/sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "@/flows/sign-up";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { cookiesOf, testServer } from "@/testing/http";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { session, signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";

/* Strangers can send at most 10 messages an hour and 30 a day to one mailbox, over all spellings of its address. */

testDatabase();
cheapHashing();
const { mutate } = testServer();

/** A new mailbox and its addresses, with a tag or without. */
function mailbox() {
  const name = `victim-${randomBytes(6).toString("hex")}`;
  return (tag?: string | number) => `${name}${tag === undefined ? "" : `+${tag}`}@example.com`;
}
type Mailbox = ReturnType<typeof mailbox>;

/** How many messages went to the addresses of the mailbox, without decoys. */
const mails = (at: Mailbox) =>
  db().$count(deliveries, and(like(deliveries.recipient, `${at().split("@")[0]}%`), sql`not ${deliveries.decoy}`));
/** The rule of each held ask. */
const heldAt = async (at: Mailbox) =>
  (
    await db()
      .select({ held: ledger.held })
      .from(ledger)
      .where(and(like(ledger.email, `${at().split("@")[0]}%`), sql`${ledger.held} is not null`))
  ).map(({ held }) => held);
/** Moves all asks so far into the past. */
const pass = (at: Mailbox, seconds: number) =>
  db().execute(sql`update otp_verifications set created_at = created_at - make_interval(secs => ${seconds}),
    expires_at = expires_at - make_interval(secs => ${seconds}) where email like ${`${at().split("@")[0]}%`}`);
/** Writes strangers' past asks by plain SQL. */
const past = (
  at: Mailbox,
  { times, purpose = "sign-up", hours = 0 }: { times: number; purpose?: string; hours?: number },
) =>
  db().execute(sql`insert into otp_verifications (email, purpose, channel, browser, created_at, expires_at)
    select ${at("past")}, ${purpose}, 'email', 'another', at, at from (select now() - make_interval(hours => ${hours}) as at
      from generate_series(1, ${times})) t`);
const signUp = (email: string) => requestSignUp(identifierOf(email), "live", browser());

describe("a mailbox is not filled by strangers (THR-09)", () => {
  test("THR-09: asks for thirty addresses of one mailbox at once are all answered, and six messages go out", async () => {
    const at = mailbox();
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, n) => signUp(at(n))));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(await mails(at)).toBe(6);
    expect(await heldAt(at)).toEqual(Array(24).fill("mailbox an hour"));
    // Another mailbox is not held.
    const other = mailbox();
    await signUp(other());
    expect(await mails(other)).toBe(1);
  });

  test("THR-09: links are counted: fourteen asks for verification links in fourteen minutes send six messages", async () => {
    const at = mailbox();
    await account("live", { email: at(), emailVerified: false, isProfileComplete: false });
    for (let n = 0; n < 14; n += 1) {
      expect(await requestVerification(at(), browser())).toEqual({ ok: true, value: { ok: true } });
      await pass(at, 61);
    }
    expect(await mails(at)).toBe(6);
    const [{ tokens } = { tokens: 0 }] = await db().execute<{ tokens: number }>(
      sql`select count(*)::int as tokens from email_verification_tokens
        where user_id = (select id from users where email = ${at()})`,
    );
    expect(tokens).toBe(6);
  });

  test("THR-09: all asks count together (live and demo, codes, links, notices and decoys); a third is kept for recovery", async () => {
    const at = mailbox();
    for (const type of ["live", "demo"] as const) await account(type, { email: at(type) });
    await requestSignUp(identifierOf(at("live")), "live", browser()); // a notice
    await requestSignIn(identifierOf(at("demo")), "demo", browser());
    await requestSignIn(identifierOf(at("nobody")), "live", browser()); // a decoy
    await requestVerification(at("nobody"), browser()); // a decoy
    await past(at, { times: 2 });
    expect(await heldAt(at)).toEqual([]);
    await signUp(at("one-more"));
    expect(await heldAt(at)).toEqual(["mailbox an hour"]);
    // Recovery still has four places.
    for (let n = 0; n < 5; n += 1) {
      await account("live", { email: at(`recovers${n}`) });
      expect(await requestReset(identifierOf(at(`recovers${n}`)), "live", browser())).toMatchObject({ ok: true });
    }
    expect(await heldAt(at)).toEqual(["mailbox an hour", "mailbox an hour"]);
    expect(await mails(at)).toBe(2 + 4);
  });

  test("THR-09: a mailbox gets twenty messages a day, and ten more for recovery; the hour and the day slide", async () => {
    const at = mailbox();
    await past(at, { times: 20, hours: 5 });
    await signUp(at("a"));
    expect(await heldAt(at)).toEqual(["mailbox a day"]);
    await past(at, { times: 9, purpose: "password-reset", hours: 3 });
    await account("live", { email: at("known") });
    await requestReset(identifierOf(at("known")), "live", browser());
    expect(await mails(at)).toBe(1);
    await requestReset(identifierOf(at("b")), "live", browser());
    expect(await heldAt(at)).toEqual(["mailbox a day", "mailbox a day"]);
    await pass(at, 20 * 3600);
    await signUp(at("c"));
    expect(await mails(at)).toBe(2);
  });

  test("THR-09: an address still gets one reset link an hour when recovery's part is used up, and it works in any browser", async () => {
    const at = mailbox();
    const { id } = await account("live", { email: at() });
    await past(at, { times: 10, purpose: "password-reset" });
    await requestReset(identifierOf(at()), "live", browser());
    expect(await mails(at)).toBe(0);
    await requestResetLink(at(), "live", browser());
    expect(await mails(at)).toBe(1);
    const message = await queuedMessage(at());
    // The link has expired, but the hour is not over.
    await db().update(users).set({ resetTokenExpiry: sql`now() - interval '1 minute'` }).where(eq(users.id, id));
    await pass(at, 20 * 60);
    await past(at, { times: 10, purpose: "password-reset" });
    expect(await requestResetLink(at(), "live", browser())).toMatchObject({ ok: true });
    expect(await mails(at)).toBe(1);
    await pass(at, 41 * 60);
    await past(at, { times: 10, purpose: "password-reset" });
    await requestResetLink(at(), "live", browser());
    expect(await mails(at)).toBe(2);
    expect(message?.template).toBe("reset-link");
    const newest = await queuedMessage(at());
    const token = newest?.template === "reset-link" ? newest.props.token : "";
    expect(await reset(token, "green heron window soup", {}, browser())).toMatchObject({ ok: true });
  });

  test("THR-10: known devices and live sessions of the account are neither held nor counted", async () => {
    const at = mailbox();
    const { id } = await account("live", { email: at() });
    const owner = { accountType: "live" as const, id };
    const device = { ...(await signedIn(owner)), session: null };
    const cookieless = browser({ session: await sessionOf(await session(owner)) });
    for (const from of [device, cookieless]) {
      await requestSignIn(identifierOf(at()), "live", from);
      await requestReset(identifierOf(at()), "live", from);
    }
    await requestResetLink(at(), "live", device);
    expect(await mails(at)).toBe(5);
    await past(at, { times: 6 });
    await signUp(at("stranger"));
    expect(await heldAt(at)).toEqual(["mailbox an hour"]);
    await past(at, { times: 30 });
    await pass(at, 61);
    for (const from of [device, cookieless]) await requestSignIn(identifierOf(at()), "live", from);
    expect(await mails(at)).toBe(7);
    // It is a stranger at another account, so an attacker's own account does not help to fill a mailbox.
    const attacker = await account("live");
    const from = await signedIn({ accountType: "live", id: attacker.id });
    await requestChange("email-change", identifierOf(at("new")), from);
    expect(await mails(at)).toBe(7);
  });

  test("THR-10: a stranger's held link makes no known device wait for its own link", async () => {
    const at = mailbox();
    const { id } = await account("live", { email: at() });
    const device = { ...(await signedIn({ accountType: "live", id })), session: null };
    await past(at, { times: 10, purpose: "password-reset" });
    // The one link that the hour always allows, half an hour ago.
    await past(at, { times: 1, purpose: "reset-link" });
    await db()
      .update(ledger)
      .set({ email: at() })
      .where(and(eq(ledger.email, at("past")), eq(ledger.purpose, "reset-link")));
    await pass(at, 30 * 60);
    await requestResetLink(at(), "live", browser());
    expect(await heldAt(at)).toEqual(["mailbox an hour"]);
    expect(await requestResetLink(at(), "live", browser())).toMatchObject({ reason: "COOLDOWN" });
    expect(await requestResetLink(at(), "live", device)).toMatchObject({ ok: true });
    expect(await mails(at)).toBe(1);
    // It waits for its own link.
    expect(await requestResetLink(at(), "live", device)).toMatchObject({ reason: "COOLDOWN" });
  });

  test("THR-09: messages of an admin or the app are not counted, and go out to a full mailbox", async () => {
    const at = mailbox();
    const { id } = await account("live", { email: at() });
    const admin = await account("live", { role: "ADMIN" });
    const by = { admin: await signedIn({ accountType: "live", id: admin.id }, { code: 0, password: 0 }) };
    await past(at, { times: 30 });
    for (let n = 0; n < 2; n += 1) expect(await sendReset({ id }, by, "asked by phone")).toMatchObject({ ok: true });
    expect(await mails(at)).toBe(2);
    const [{ rows } = { rows: 0 }] = await db().execute<{ rows: number }>(
      sql`select count(*)::int as rows from otp_verifications where email = ${at()} and browser is null`,
    );
    expect(rows).toBe(2);
    await db().execute(sql`delete from otp_verifications where email = ${at("past")}`);
    await past(at, { times: 5 });
    await signUp(at("sixth"));
    expect(await heldAt(at)).toEqual([]);
  });

  test("rows with a forgotten address and rows put in by plain SQL count for no mailbox", async () => {
    await db().execute(sql`insert into otp_verifications (email, browser, channel, purpose)
      values (${`~${"0a".repeat(16)}`}, 'x', 'email', 'sign-up'), ('+a@example.com', 'x', 'email', 'sign-up')`);
    const at = mailbox();
    await db().execute(
      sql`insert into otp_verifications (email, channel) select ${at()}, 'email' from generate_series(1, 40)`,
    );
    await signUp(at(1));
    expect(await mails(at)).toBe(1);
  });

  test("the count is read from its index, even on a full ledger", async () => {
    const plan = await db().transaction(async (tx) => {
      await tx.execute(sql`set local enable_seqscan = off`);
      return tx.execute(sql`explain select 1 from otp_verifications
        where regexp_replace(email, '(?<=.)[+][^@]*(?=@)', '') = regexp_replace('a+b@example.com'::text, '(?<=.)[+][^@]*(?=@)', '')
          and email is not null and device is null and browser is not null and held is null
          and created_at > now() - interval '24 hours'`);
    });
    expect(JSON.stringify(plan)).toContain("otp_verifications_mailbox_idx");
  });
});

describe("an ask whose message is held back", () => {
  test("retires nothing: the code that arrived still works in its browser, and the page shows that code's time", async () => {
    const at = mailbox();
    await account("live", { email: at() });
    const from = browser();
    await requestSignIn(identifierOf(at()), "live", from);
    const code = (await queuedCode(at())) ?? "";
    await pass(at, 120);
    await past(at, { times: 6 });
    expect(await requestSignIn(identifierOf(at()), "live", from)).toMatchObject({ ok: true });
    expect(await heldAt(at)).toEqual(["mailbox an hour"]);
    const shown = await challengeOf("sign-in", from);
    expect(shown?.receipt.expiresInSeconds).toBeLessThanOrEqual(600 - 120);
    expect(shown?.receipt.resendInSeconds).toBeGreaterThan(50);
    expect(await verifySignIn(identifierOf(at()), "live", code, from)).toMatchObject({ ok: true });
  });

  test("shows the address that was asked for last, even if another address has an open code", async () => {
    const at = mailbox();
    const from = browser();
    const other = identifierOf(freshEmail());
    await requestSignUp(other, "live", from);
    await verifySignUp(other, "live", "000000", from);
    await past(at, { times: 6 });
    await requestSignUp(identifierOf(at()), "live", from);
    expect(await challengeOf("sign-up", from)).toMatchObject({ identifier: at(), receipt: { attemptsRemaining: 3 } });
  });

  test("obeys the cooldown, and counts for the hourly cap of five", async () => {
    const at = mailbox();
    const from = browser();
    await past(at, { times: 6 });
    await requestSignIn(identifierOf(at()), "live", from);
    expect(await requestSignIn(identifierOf(at()), "live", from)).toMatchObject({ reason: "COOLDOWN" });
    for (let n = 0; n < 4; n += 1) {
      await pass(at, 61);
      expect(await requestSignIn(identifierOf(at()), "live", from)).toMatchObject({ ok: true });
    }
    await pass(at, 61);
    expect(await requestSignIn(identifierOf(at()), "live", from)).toMatchObject({ reason: "RATE_LIMITED" });
  });

  test("leaves a registration's password on the passcode that arrived", async () => {
    const at = mailbox();
    const from = browser();
    await register(at(), { password: "blue otter lamp chair", name: "Ada" }, from);
    const code = (await queuedCode(at())) ?? "";
    await past(at, { times: 6 });
    expect(await requestPasscode(at(), from)).toMatchObject({ ok: true });
    expect(await register(at(), { password: "attackers own password", name: "Eve" }, browser())).toMatchObject({
      ok: true,
    });
    expect(await heldAt(at)).toHaveLength(2);
    expect(await proveEmail(at(), code, from)).toMatchObject({ ok: true });
    const signsIn = await signInByPassword(identifierOf(at()), "live", "blue otter lamp chair", browser());
    expect(signsIn).toMatchObject({ ok: true });
  });

  test("for a new address takes guesses as an ordinary ask does, if no other address waits for its code", async () => {
    const at = mailbox();
    const { id } = await account("live");
    const from = await signedIn({ accountType: "live", id });
    await past(at, { times: 6 });
    await requestChange("email-change", identifierOf(at()), from);
    const tries = [
      await confirmChange("email-change", "000000", from),
      await confirmChange("email-change", "000000", from),
    ];
    const [first, second] = tries.map((tried) => (tried.ok ? undefined : tried.attemptsRemaining));
    expect(second).toBe((first ?? 0) - 1);
  });

  test("for a new address replaces no address that waits for its code", async () => {
    const at = mailbox();
    const { id } = await account("live");
    const from = await signedIn({ accountType: "live", id });
    const first = freshEmail();
    await requestChange("email-change", identifierOf(first), from);
    const code = (await queuedCode(first)) ?? "";
    await past(at, { times: 6 });
    expect(await requestChange("email-change", identifierOf(at()), from)).toMatchObject({ ok: true });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]).toMatchObject({ pendingEmail: first });
    expect(await confirmChange("email-change", code, from)).toMatchObject({ ok: true });
  });

  const asks: [string, (email: string) => Promise<unknown>][] = [
    ["a sign-in code", (email) => requestSignIn(identifierOf(email), "live", browser())],
    ["a sign-up code", (email) => requestSignUp(identifierOf(email), "live", browser())],
    ["a reset code", (email) => requestReset(identifierOf(email), "live", browser())],
    ["a passcode", (email) => requestPasscode(email, browser())],
    ["a verification link", (email) => requestVerification(email, browser())],
    ["a reset link", (email) => requestResetLink(email, "live", browser())],
  ];
  test.each(asks)("ENU-01: for %s takes the same statements, held or not, known address or not", async (what, ask) => {
    await ask(freshEmail()); // the driver looks types up once
    const asked = async (row: { known: boolean; full: boolean }) => {
      const at = mailbox();
      if (row.known) await account("live", { email: at() });
      if (row.full) await past(at, { times: 10, purpose: what === "a reset link" ? "reset-link" : "password-reset" });
      if (row.full && what === "a reset link")
        await db().execute(sql`update otp_verifications set email = ${at()}, created_at = now() - interval '2 minutes'
          where email = ${at("past")}`);
      const statements = await statementsOf(() => ask(at()));
      expect(await heldAt(at)).toHaveLength(row.full ? 1 : 0);
      return statements;
    };
    const ordinary = await asked({ known: true, full: false });
    for (const known of [true, false]) expect(await asked({ known, full: true })).toEqual(ordinary);
  });

  test("ENU-01: has the same status, headers and body as any ask, held or not, known address or not", async () => {
    const asked = async (row: { known: boolean; full: boolean }) => {
      const at = mailbox();
      if (row.known) await account("live", { email: at() });
      if (row.full) await past(at, { times: 6 });
      const input = { identifier: at() };
      const answer = await mutate("signIn.requestCode", input);
      const { date: _, "x-request-id": _id, "set-cookie": _cookie, ...headers } = answer.headers;
      const headersOfCookies = (answer.headers["set-cookie"] ?? []).map((cookie) => cookie.replace(/=[^;]*/, ""));
      const wrong = await mutate("signIn.verifyCode", { ...input, code: "000000" }, { cookie: cookiesOf(answer) });
      return {
        status: answer.status,
        headers,
        headersOfCookies,
        body: JSON.parse(answer.body),
        wrong: [wrong.status, JSON.parse(wrong.body).error?.data],
      };
    };
    const ordinary = await asked({ known: true, full: false });
    expect(ordinary.status).toBe(200);
    for (const known of [true, false]) expect(await asked({ known, full: true })).toEqual(ordinary);
  });
});
