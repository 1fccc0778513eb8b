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

/** Asks for a link, as a flow does; tells the token, whether it was really sent, and the answer. */
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

  test("of another purpose, or never issued, opens nothing", async () => {
    const { token } = await ask(purpose);
    const [other] = purposes.filter((candidate) => candidate !== purpose);
    if (other) expect(await redeem(other, token)).toBeNull();
    for (const forged of ["", "x", hashToken(token), token.slice(1)]) expect(await redeem(purpose, forged)).toBeNull();
    expect(await redeem(purpose, token)).not.toBeNull();
  });

  test("dies at its time, by PostgreSQL's clock", async () => {
    const ttl = purpose === "reset-link" ? 15 * 60 : 24 * 3600;
    const early = await ask(purpose);
    await age(ttl - 5);
    expect(await redeem(purpose, early.token)).not.toBeNull();
    const late = await ask(purpose);
    await age(ttl + 1);
    expect(await redeem(purpose, late.token)).toBeNull();
  });

  test("has a cooldown, and stands outside the codes' pots: a sixth in an hour is sent", async () => {
    expect((await ask(purpose)).answer.ok).toBe(true);
    expect((await ask(purpose)).answer).toMatchObject({ ok: false, reason: "COOLDOWN" });
    for (let i = 0; i < 6; i++) {
      await age(120);
      expect((await ask(purpose)).answer.ok).toBe(true);
    }
  });

  test("for nobody is a decoy: the same answer, and a token that opens nothing", async () => {
    const { answer, token, sent } = await ask(purpose, { to: null });
    expect(answer).toEqual({ ok: true });
    expect(sent).toBe(false);
    expect(await redeem(purpose, token)).toBeNull();
  });

  test("is told whose it is as often as asked, and nothing is spent (LNK-01)", async () => {
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

  test("that an operator hands out works once, is of no browser, and waits for nothing", async () => {
    const subject: Subject = { accountType: "live", channel: "email", address: person.email };
    await ask(purpose);
    const [first, second] = await db().transaction(async (tx) => [
      await handOutLink(tx, purpose, owner, subject),
      await handOutLink(tx, purpose, owner, subject),
    ]);
    expect(second).toMatch(/^[\w-]{43}$/);
    // Verification links live side by side; of reset links there is one, the newest handed out.
    expect((await redeem(purpose, first)) !== null).toBe(purpose === "verification-link");
    const handed = { owner, browser: null, channel: "email", address: person.email };
    expect(await redeem(purpose, second)).toEqual(handed);
    expect(await redeem(purpose, second)).toBeNull();
    const rows = await db().select().from(ledger).where(eq(ledger.userId, person.id));
    expect(rows.filter(({ isVerified }) => isVerified)).toHaveLength(purpose === "verification-link" ? 2 : 1);
    expect(JSON.stringify(rows)).not.toContain(second);
  });

  test("that was handed out dies at its time, too", async () => {
    const subject: Subject = { accountType: "live", channel: "email", address: person.email };
    const token = await db().transaction((tx) => handOutLink(tx, purpose, owner, subject));
    await age(purpose === "reset-link" ? 15 * 60 + 1 : 24 * 3600 + 1);
    expect(await peekToken(db(), purpose, token)).toBeNull();
    expect(await redeem(purpose, token)).toBeNull();
  });

  test("rolled back is not spent", async () => {
    const { token } = await ask(purpose);
    const fault = db().transaction(async (tx) => {
      await redeemToken(tx, purpose, token);
      throw new Error("planted");
    });
    await expect(fault).rejects.toThrow("planted");
    expect(await redeem(purpose, token)).not.toBeNull();
  });
});

test("verification links do not retire each other (law 10)", async () => {
  const first = await ask("verification-link");
  await age(61);
  const second = await ask("verification-link");
  expect(await redeem("verification-link", first.token)).not.toBeNull();
  expect(await redeem("verification-link", second.token)).not.toBeNull();
});

test("while a reset link lives, asking again sends and replaces nothing (law 10)", async () => {
  const first = await ask("reset-link");
  await age(61);
  const second = await ask("reset-link", { browser: "a stranger's" });
  expect(second.answer.ok).toBe(true);
  expect(second.sent).toBe(false);
  expect(await redeem("reset-link", second.token)).toBeNull();
  expect(await redeem("reset-link", first.token)).not.toBeNull();
});

test("a demo account's reset link is its own", async () => {
  const demo = await account("demo", { email: person.email });
  const subject: Subject = { accountType: "demo", channel: "email", address: demo.email };
  const theirs: Owner = { accountType: "demo", id: demo.id };
  const token = await db().transaction((tx) => handOutLink(tx, "reset-link", theirs, subject));
  expect(await redeem("reset-link", token)).toMatchObject({ owner: theirs, address: demo.email });
  await db().delete(demoUsers).where(eq(demoUsers.id, demo.id));
});

describe("the reset token that a reset code earns (004)", () => {
  /** A proven reset code, as its flow leaves it, by email or SMS. */
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
    "by %s: lies hashed on the code's row, works once, and the row goes",
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
      // The code was proven when it was, not when its token was spent.
      const [row] = await db().select().from(ledger).where(eq(ledger.sNo, sNo));
      expect(Date.now() - Number(row?.verifiedAt)).toBeGreaterThan(59_000);
    },
  );

  test.each(["email", "sms"] as const)(
    "by %s: dies after fifteen minutes, and is swept with its row, not before",
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

  test("is worth nothing while its code is not proven, nor as a link, nor is a link as a token", async () => {
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

  test("ends with an older one: the newest alone works", async () => {
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

test.each(purposes)(
  "a %s that is held back takes the same statements as a real one, and keeps no token",
  async (purpose) => {
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
  },
);

test("tokens older than a month are swept, younger ones kept", async () => {
  await ask("verification-link");
  expect(await sweepTokens(db())).toBe(0);
  await age(32 * 24 * 3600);
  expect(await sweepTokens(db())).toBeGreaterThanOrEqual(1);
  expect(await sweepTokens(db())).toBe(0);
});
