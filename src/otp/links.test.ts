import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import type { HeldRule } from "@/db/held";
import type { Owner } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { emailVerificationTokens, otpVerifications as ledger, passwordResetOtps, phoneOtps } from "@/db/schema/otp";
import { testDatabase } from "@/testing/database";
import { account, freshPhone } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import { handOutLink, issueLink } from "./links";
import { stores } from "./stores";
import type { Subject } from "./subject";
import type { LinkPurpose, TokenPurpose } from "./token-kinds";
import { grantResetToken, hashToken, peekToken, redeemToken, sweepTokens } from "./tokens";

testDatabase();

const purposes: LinkPurpose[] = ["verification-link", "reset-link"];
let person: { id: string; email: string };
let owner: Owner;

beforeEach(async () => {
  person = await account("live");
  owner = { accountType: "live", id: person.id };
});

/** Asks for a link as a flow does. Returns the token, whether it was really sent, and the answer. */
async function ask(
  purpose: LinkPurpose,
  { browser = "a browser", to = owner as Owner | null, held = null as HeldRule | null } = {},
) {
  let token = "";
  let sent = false;
  const subject = { accountType: owner.accountType, channel: "email" as const, address: person.email };
  const asker = { subject, share: null, browser, ipAddress: "203.0.113.7", userAgent: null };
  const answer = await db().transaction((tx) =>
    issueLink(tx, purpose, asker, {
      hold: async () => held,
      plan: async () => ({ owner: to }),
      send: async (drawn, _, { real }) => {
        token = drawn;
        sent = real;
        const id = randomUUID();
        await tx
          .insert(deliveries)
          .values({ id, channel: "email", template: "x", recipient: "x", expiresAt: sql`now()` });
        return id;
      },
    }),
  );
  return { answer, token, sent };
}

const sweepCodes = async () => {
  for (const store of Object.values(stores)) await store.sweep(db());
};
const redeem = (purpose: TokenPurpose, token: string) => db().transaction((tx) => redeemToken(tx, purpose, token));
const age = async (seconds: number) => {
  const shift = sql`make_interval(secs => ${seconds})`;
  await db()
    .update(ledger)
    .set({ createdAt: sql`${ledger.createdAt} - ${shift}` });
  await db()
    .update(emailVerificationTokens)
    .set({
      createdAt: sql`${emailVerificationTokens.createdAt} - ${shift}`,
      expiresAt: sql`${emailVerificationTokens.expiresAt} - ${shift}`,
    });
  await db()
    .update(users)
    .set({ resetTokenExpiry: sql`${users.resetTokenExpiry} - ${shift}` });
};

describe.each(purposes)("a %s", (purpose) => {
  test("is 32 random bytes, kept as SHA-256, and works once: 20 at once win once (LNK-03)", async () => {
    const { token, sent } = await ask(purpose);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(sent).toBe(true);
    const [dump] = await db().execute<{ text: string }>(
      sql`select (select string_agg(t::text, '') from email_verification_tokens t) || (select string_agg(u::text, '') from users u) as text`,
    );
    expect(dump?.text ?? "").not.toContain(token);
    const redeemed = await Promise.all(Array.from({ length: 20 }, () => redeem(purpose, token)));
    expect(redeemed.filter((won) => won !== null)).toEqual([
      { owner, browser: "a browser", channel: "email", address: person.email },
    ]);
    expect(await redeem(purpose, token)).toBeNull();
    expect(await db().select().from(ledger).where(eq(ledger.userId, person.id))).toMatchObject([
      { purpose, isVerified: true },
    ]);
  });

  test("that is unknown or of another purpose redeems nothing", async () => {
    const { token } = await ask(purpose);
    const [other] = purposes.filter((candidate) => candidate !== purpose);
    if (other) expect(await redeem(other, token)).toBeNull();
    for (const forged of ["", "x", hashToken(token), token.slice(1)]) expect(await redeem(purpose, forged)).toBeNull();
    expect(await redeem(purpose, token)).not.toBeNull();
  });

  test("expires on time by PostgreSQL's clock", async () => {
    const ttl = purpose === "reset-link" ? 15 * 60 : 24 * 3600;
    const early = await ask(purpose);
    await age(ttl - 5);
    expect(await redeem(purpose, early.token)).not.toBeNull();
    const late = await ask(purpose);
    await age(ttl + 1);
    expect(await redeem(purpose, late.token)).toBeNull();
  });

  test("has a cooldown but no hourly cap: the sixth in an hour is sent", async () => {
    expect((await ask(purpose)).answer.ok).toBe(true);
    expect((await ask(purpose)).answer).toMatchObject({ ok: false, reason: "COOLDOWN" });
    for (let i = 0; i < 6; i++) {
      await age(120);
      expect((await ask(purpose)).answer.ok).toBe(true);
    }
  });

  test("for an address without an account is a decoy: the ordinary answer, and a token that redeems nothing", async () => {
    const { answer, token, sent } = await ask(purpose, { to: null });
    expect(answer).toEqual({ ok: true });
    expect(sent).toBe(false);
    expect(await redeem(purpose, token)).toBeNull();
  });

  test("can be peeked at any number of times without being spent (LNK-01)", async () => {
    const { token } = await ask(purpose);
    const [other] = purposes.filter((candidate) => candidate !== purpose);
    for (const _ of [1, 2, 3])
      expect(await peekToken(db(), purpose, token)).toEqual({
        owner,
        browser: "a browser",
        channel: "email",
        address: person.email,
      });
    if (other) expect(await peekToken(db(), other, token)).toBeNull();
    expect(await peekToken(db(), purpose, hashToken(token))).toBeNull();
    expect(await redeem(purpose, token)).not.toBeNull();
    expect(await peekToken(db(), purpose, token)).toBeNull();
  });

  test("that an operator hands out works once, belongs to no browser, and has no cooldown", async () => {
    const subject: Subject = { accountType: "live", channel: "email", address: person.email };
    await ask(purpose);
    const [first, second] = await db().transaction(async (tx) => [
      await handOutLink(tx, purpose, owner, subject),
      await handOutLink(tx, purpose, owner, subject),
    ]);
    expect(second).toMatch(/^[\w-]{43}$/);
    // Many verification links can be live at once, but only the newest reset link.
    expect((await redeem(purpose, first)) !== null).toBe(purpose === "verification-link");
    const handed = { owner, browser: null, channel: "email", address: person.email };
    expect(await redeem(purpose, second)).toEqual(handed);
    expect(await redeem(purpose, second)).toBeNull();
    const rows = await db().select().from(ledger).where(eq(ledger.userId, person.id));
    expect(rows.filter(({ isVerified }) => isVerified)).toHaveLength(purpose === "verification-link" ? 2 : 1);
    expect(JSON.stringify(rows)).not.toContain(second);
  });

  test("that an operator hands out expires on time", async () => {
    const subject: Subject = { accountType: "live", channel: "email", address: person.email };
    const token = await db().transaction((tx) => handOutLink(tx, purpose, owner, subject));
    await age(purpose === "reset-link" ? 15 * 60 + 1 : 24 * 3600 + 1);
    expect(await peekToken(db(), purpose, token)).toBeNull();
    expect(await redeem(purpose, token)).toBeNull();
  });

  test("is not spent if the transaction is rolled back", async () => {
    const { token } = await ask(purpose);
    const fault = db().transaction(async (tx) => {
      await redeemToken(tx, purpose, token);
      throw new Error("planted");
    });
    await expect(fault).rejects.toThrow("planted");
    expect(await redeem(purpose, token)).not.toBeNull();
  });
});

test("a verification link does not retire an older one (law 10)", async () => {
  const first = await ask("verification-link");
  await age(61);
  const second = await ask("verification-link");
  expect(await redeem("verification-link", first.token)).not.toBeNull();
  expect(await redeem("verification-link", second.token)).not.toBeNull();
});

test("an ask while a reset link is live sends nothing and replaces nothing (law 10)", async () => {
  const first = await ask("reset-link");
  await age(61);
  const second = await ask("reset-link", { browser: "a stranger's" });
  expect(second.answer.ok).toBe(true);
  expect(second.sent).toBe(false);
  expect(await redeem("reset-link", second.token)).toBeNull();
  expect(await redeem("reset-link", first.token)).not.toBeNull();
});

test("a demo account's reset link is kept apart from the live account's", async () => {
  const demo = await account("demo", { email: person.email });
  const subject: Subject = { accountType: "demo", channel: "email", address: demo.email };
  const theirs: Owner = { accountType: "demo", id: demo.id };
  const token = await db().transaction((tx) => handOutLink(tx, "reset-link", theirs, subject));
  expect(await redeem("reset-link", token)).toMatchObject({ owner: theirs, address: demo.email });
  await db().delete(demoUsers).where(eq(demoUsers.id, demo.id));
});

describe("the reset token that a reset code earns (004)", () => {
  /** A reset code that was proven by email or SMS, as its flow leaves it. */
  async function proven(channel: "email" | "sms") {
    const phone = freshPhone();
    const address = channel === "email" ? { email: person.email } : { phone };
    const [challenge] = await db()
      .insert(ledger)
      .values({
        ...address,
        userId: person.id,
        purpose: "password-reset",
        channel,
        browser: "a browser",
        isVerified: true,
        verifiedAt: sql`now() - interval '1 minute'` as never, // an SQL value
      })
      .returning({ sNo: ledger.sNo });
    const row = { userId: person.id, otp: "a digest", ledgerSNo: challenge?.sNo ?? 0, expiresAt: new Date() };
    if (channel === "email")
      await db()
        .insert(passwordResetOtps)
        .values({ ...row, email: person.email, verified: true });
    else
      await db()
        .insert(phoneOtps)
        .values({ ...row, phone, type: "PASSWORD_RESET", isUsed: true });
    const granted = { owner, browser: "a browser", channel, address: channel === "email" ? person.email : phone };
    return { sNo: row.ledgerSNo, granted };
  }
  const grant = (sNo: number) => db().transaction((tx) => grantResetToken(tx, sNo));
  const rows = async () =>
    (await db().$count(passwordResetOtps, eq(passwordResetOtps.userId, person.id))) +
    (await db().$count(phoneOtps, eq(phoneOtps.userId, person.id)));
  const ageToken = (seconds: number) =>
    Promise.all(
      ["password_reset_otps", "phone_otps"].map((table) =>
        db().execute(
          sql`update ${sql.identifier(table)} set reset_token_expiry = reset_token_expiry - make_interval(secs => ${seconds})`,
        ),
      ),
    );

  test.each(["email", "sms"] as const)(
    "by %s: is kept hashed on the code's row, works once, and the row is deleted",
    async (channel) => {
      const { sNo, granted } = await proven(channel);
      const token = await grant(sNo);
      expect(token).toMatch(/^[\w-]{43}$/);
      const [dump] = await db().execute<{ text: string }>(
        sql`select concat((select string_agg(t::text, '') from password_reset_otps t), (select string_agg(t::text, '') from phone_otps t)) as text`,
      );
      expect(dump?.text).not.toContain(token);
      expect(dump?.text).toContain(hashToken(token));
      expect(await peekToken(db(), "reset-token", token)).toEqual(granted);
      expect(await rows()).toBe(1);

      const redeemed = await Promise.all(Array.from({ length: 20 }, () => redeem("reset-token", token)));
      expect(redeemed.filter((won) => won !== null)).toEqual([granted]);
      expect(await rows()).toBe(0);
      // Spending the token does not change when the code was proven.
      const [row] = await db().select().from(ledger).where(eq(ledger.sNo, sNo));
      expect(Date.now() - Number(row?.verifiedAt)).toBeGreaterThan(59_000);
    },
  );

  test.each(["email", "sms"] as const)(
    "by %s: expires after fifteen minutes, and is swept with its row only then",
    async (channel) => {
      const { sNo } = await proven(channel);
      const token = await grant(sNo);
      await ageToken(15 * 60 - 5);
      await sweepCodes();
      expect(await peekToken(db(), "reset-token", token)).not.toBeNull();
      await ageToken(6);
      expect(await peekToken(db(), "reset-token", token)).toBeNull();
      expect(await redeem("reset-token", token)).toBeNull();
      await sweepCodes();
      expect(await rows()).toBe(0);
    },
  );

  test("does not work before its code is proven or as a link, and a link does not work as a reset token", async () => {
    const { sNo } = await proven("email");
    const token = await grant(sNo);
    for (const purpose of purposes) expect(await redeem(purpose, token)).toBeNull();
    await db().update(passwordResetOtps).set({ verified: false }).where(eq(passwordResetOtps.ledgerSNo, sNo));
    expect(await peekToken(db(), "reset-token", token)).toBeNull();
    expect(await redeem("reset-token", token)).toBeNull();
    for (const purpose of purposes) {
      const link = await ask(purpose);
      expect(await redeem("reset-token", link.token)).toBeNull();
    }
  });

  test("ends an older one: only the newest works", async () => {
    const { sNo } = await proven("email");
    const [first, second] = [await grant(sNo), await grant(sNo)];
    expect(await redeem("reset-token", first)).toBeNull();
    expect(await redeem("reset-token", second)).not.toBeNull();
  });
});

test.each(purposes)("a decoy of a %s takes the same statements as a real one", async (purpose) => {
  await ask(purpose); // the driver looks types up once
  await age(24 * 3600);
  const real = await statementsOf(() => ask(purpose));
  await age(24 * 3600);
  const decoy = await statementsOf(() => ask(purpose, { to: null }));
  expect(decoy).toEqual(real);
});

test.each(purposes)("a held %s takes the same statements as a real one, and keeps no token", async (purpose) => {
  await ask(purpose); // the driver looks types up once
  await age(24 * 3600);
  const real = await statementsOf(() => ask(purpose));
  await age(24 * 3600);
  let token = "";
  const held = await statementsOf(async () => {
    ({ token } = await ask(purpose, { held: "mailbox an hour" }));
  });
  expect(held).toEqual(real);
  expect(await peekToken(db(), purpose, token)).toBeNull();
});

test("the sweep deletes tokens older than a month and keeps younger ones", async () => {
  await ask("verification-link");
  expect(await sweepTokens(db())).toBe(0);
  await age(32 * 24 * 3600);
  expect(await sweepTokens(db())).toBeGreaterThanOrEqual(1);
  expect(await sweepTokens(db())).toBe(0);
});
