import { eq, sql } from "drizzle-orm";
import { describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { emailVerificationTokens as tokens } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import type { AskingCaller } from "./caller";
import * as consequences from "./consequences";
import { confirmLink, requestLink, verifyCode } from "./email-verification";
import { register, requestCode } from "./registration";
import { sessionOf } from "./session";
import { signInByPassword } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
const INVALID = { ok: false, reason: "INVALID_TOKEN" };

const rowOf = async (email: string) => (await db().select().from(users).where(eq(users.email, email)))[0];
const signsIn = async (email: string, password: string) =>
  (await signInByPassword(identifierOf(email), "live", password, browser())).ok;
const cool = (email: string) =>
  db().execute(
    sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
  );
const unproven = (row = {}) => account("live", { emailVerified: false, isProfileComplete: false, name: null, ...row });

/** The token in the newest mail to this address. */
async function link(email: string): Promise<string> {
  const message = await queuedMessage(email);
  return message?.template === "verification-link" ? message.props.token : "";
}

/** An address that was registered in this browser, with a link asked for there. */
async function asked(from: AskingCaller = browser()) {
  const email = freshEmail();
  await register(email, { password: PASSWORD, name: "Ada" }, from);
  await requestLink(email, from);
  return { email, from, token: await link(email) };
}

describe("a verification link (001)", () => {
  test("is 32 bytes that only the mail holds, and works for 24 hours", async () => {
    const { email, token } = await asked();
    expect(token).toMatch(/^[\w-]{43}$/);
    const [row] = await db()
      .select({ token: tokens.token, seconds: sql`extract(epoch from ${tokens.expiresAt} - ${tokens.createdAt})::int` })
      .from(tokens)
      .innerJoin(users, eq(users.id, tokens.userId))
      .where(eq(users.email, email));
    expect(row).toEqual({ token: expect.stringMatching(/^[0-9a-f]{64}$/), seconds: 86_400 });
  });

  test("signs in the browser that asked, with its registration, once of twenty clicks at once", async () => {
    const { email, from, token } = await asked();
    const clicks = await Promise.all(Array.from({ length: 20 }, () => confirmLink(token, from)));
    const won = clicks.filter((click) => click.ok);
    expect(won).toMatchObject([{ value: { next: "account", deviceSecret: expect.any(String) } }]);
    expect(clicks.filter((click) => !click.ok)).toEqual(Array(19).fill(INVALID));
    const secret = won[0]?.ok ? won[0].value.sessionSecret : null;
    const row = await rowOf(email);
    expect(await sessionOf(secret ?? "")).toMatchObject({ accountId: row?.id, proofs: ["code"] });
    expect(await db().$count(sessions, eq(sessions.userId, row?.id ?? ""))).toBe(1);
    expect(row).toMatchObject({ emailVerified: true, name: "Ada", isProfileComplete: true });
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("clicked in other browsers proves the address once and signs nobody in (LNK-04)", async () => {
    const { email, from, token } = await asked();
    const clicks = await Promise.all(Array.from({ length: 20 }, () => confirmLink(token, browser())));
    expect(clicks.filter(({ ok }) => ok)).toEqual([{ ok: true, value: { next: "signin", sessionSecret: null } }]);
    const row = await rowOf(email);
    expect(row).toMatchObject({ emailVerified: true, password: null, name: null, lastLoginAt: null });
    expect(await db().$count(sessions, eq(sessions.userId, row?.id ?? ""))).toBe(0);
    // The proof has ended the code of the browser that registered.
    expect(await verifyCode(email, "12345678", from)).toEqual({ ok: false, reason: "INVALID_CODE" });
  });

  test("signs nobody in if the clicking browser has no cookie", async () => {
    const { token } = await asked();
    expect(await confirmLink(token, { ...browser(), browser: null })).toMatchObject({ value: { next: "signin" } });
  });

  test("clicked in another account's session keeps that session, and signs in to no other account", async () => {
    const { email, token } = await asked();
    const other = await account("live");
    const from = await signedIn({ accountType: "live", id: other.id });
    expect(await confirmLink(token, from)).toMatchObject({ value: { next: "signin" } });
    expect(await sessionOf(from.secret)).toMatchObject({ accountId: other.id });
    expect(await rowOf(email)).toMatchObject({ emailVerified: true });
  });

  test("stays unspent after a fault at the click, and the address stays unproven", async () => {
    const { email, from, token } = await asked();
    const fault = vi.spyOn(consequences, "signIn").mockRejectedValueOnce(new Error("a fault"));
    await expect(confirmLink(token, from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await rowOf(email)).toMatchObject({ emailVerified: false, password: null });
    expect(await confirmLink(token, from)).toMatchObject({ ok: true, value: { next: "account" } });
  });

  test("does not retire other links; the first proof ends them all", async () => {
    const { email, from, token: first } = await asked();
    await cool(email);
    await requestLink(email, from);
    const second = await link(email);
    await cool(email);
    await requestLink(email, browser());
    const third = await link(email);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await confirmLink(second, from)).toMatchObject({ ok: true, value: { next: "account" } });
    expect([await confirmLink(first, from), await confirmLink(third, from)]).toEqual([INVALID, INVALID]);
  });

  test("that a stranger asked for ends with the proof, even while the profile is incomplete (LNK-03)", async () => {
    const { email } = await unproven();
    const [owner, stranger] = [browser(), browser()];
    await requestLink(email, owner);
    const theirs = await link(email);
    await cool(email);
    await requestLink(email, stranger);
    const beside = await link(email);
    expect(await confirmLink(theirs, owner)).toMatchObject({ ok: true, value: { next: "profile" } });
    expect(await confirmLink(beside, stranger)).toEqual(INVALID);
  });

  test.each([
    ["unknown", null],
    ["unproven", { emailVerified: false, isProfileComplete: false }],
    ["active", {}],
  ])("waits a minute for the next one, for an %s address, whoever asks", async (_state, row) => {
    const email = row ? (await account("live", row)).email : freshEmail();
    expect(await requestLink(email, browser())).toEqual({ ok: true, value: { ok: true } });
    expect(await requestLink(email, browser())).toEqual({
      ok: false,
      reason: "COOLDOWN",
      retryAfterSeconds: expect.any(Number),
    });
    // A code has another purpose and no cooldown here.
    expect(await requestCode(email, browser())).toMatchObject({ ok: true });
    await cool(email);
    expect(await requestLink(email, browser())).toMatchObject({ ok: true });
  });

  test("does not count towards the pot of codes: five codes do not stop it (law 10)", async () => {
    const { email } = await unproven();
    for (let times = 0; times < 5; times += 1) await requestCode(email, browser());
    expect(await requestCode(email, browser())).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await requestLink(email, browser())).toMatchObject({ ok: true });
    expect(await confirmLink(await link(email), browser())).toMatchObject({ ok: true });
  });

  test("is refused after 24 hours, for a changed address, for a deactivated account, and if it is made up", async () => {
    const { email, from, token } = await asked();
    const change = (values: Partial<typeof users.$inferInsert>, of = email) =>
      db().update(users).set(values).where(eq(users.email, of));
    await change({ email: `x${email}` });
    expect(await confirmLink(token, from)).toEqual(INVALID);
    // It also does not work for the account that has the address now, because it was not sent to that owner.
    const { id } = await unproven({ email });
    expect(await confirmLink(token, from)).toEqual(INVALID);
    await db().delete(users).where(eq(users.id, id));
    await change({ email }, `x${email}`);
    await change({ isActive: false });
    expect(await confirmLink(token, from)).toEqual(INVALID);

    const late = await asked();
    await db().execute(sql`update email_verification_tokens set expires_at = now() where used_at is null`);
    expect(await confirmLink(late.token, late.from)).toEqual(INVALID);
    for (const none of ["", "A".repeat(43), "'"]) expect(await confirmLink(none, from)).toEqual(INVALID);
  });

  test.each([
    ["unknown", null],
    ["active", {}],
    ["incomplete", { isProfileComplete: false }],
    ["deactivated", { isActive: false }],
  ])(
    "for an %s address the answers are the same, with a decoy for the link and a notice at most (ENU-01)",
    async (_state, row) => {
      const email = row ? (await account("live", row)).email : freshEmail();
      const real = (await unproven()).email;
      expect(await requestLink(email, browser())).toEqual(await requestLink(real, browser()));
      expect(await requestCode(email, browser())).toEqual(await requestCode(real, browser()));
      const sent = db().select({ decoy: deliveries.decoy }).from(deliveries).where(eq(deliveries.recipient, email));
      // An owner of an account gets a notice instead of the code.
      expect(await sent.orderBy(deliveries.createdAt)).toEqual([{ decoy: true }, { decoy: row === null }]);
      const kept = sql`user_id in (select id from users where email = ${email})`;
      expect([await db().$count(tokens, kept), await queuedCode(real)]).toEqual([0, expect.stringMatching(/^\d{8}$/)]);
    },
  );

  test("has a decoy that runs the same statements (law 1)", async () => {
    const [known, unknown] = [(await unproven()).email, freshEmail()];
    await requestLink(freshEmail(), browser()); // the driver looks types up once
    await requestCode(freshEmail(), browser());
    for (const ask of [requestLink, requestCode])
      expect(await statementsOf(() => ask(unknown, browser()))).toEqual(
        await statementsOf(() => ask(known, browser())),
      );
  });
});
