import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { emailVerificationTokens, otpVerifications as ledger } from "@/db/schema/otp";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import { hashToken, issueToken, type LinkPurpose, redeemToken } from "./links";
import type { Owner } from "./subject";
import { sweepTokens } from "./sweep";

testDatabase();

const purposes: LinkPurpose[] = ["verification-link", "reset-link"];
let person: { id: string; email: string };
let owner: Owner;

beforeEach(async () => {
  person = await account("live");
  owner = { accountType: "live", id: person.id };
});

/** Asks for a link, as a flow does; tells the token, whether it was really sent, and the answer. */
async function ask(purpose: LinkPurpose, { browser = "a browser", to = owner as Owner | null } = {}) {
  let token = "";
  let sent = false;
  const subject = { accountType: owner.accountType, channel: "email" as const, address: person.email };
  const asker = { subject, share: null, browser, ipAddress: "203.0.113.7", userAgent: null };
  const answer = await db().transaction((tx) =>
    issueToken(
      tx,
      purpose,
      asker,
      async () => to,
      async (drawn, real) => {
        token = drawn;
        sent = real;
        const id = randomUUID();
        await tx
          .insert(deliveries)
          .values({ id, channel: "email", template: "x", recipient: "x", expiresAt: sql`now()` });
        return id;
      },
    ),
  );
  return { answer, token, sent };
}

const redeem = (purpose: LinkPurpose, token: string) => db().transaction((tx) => redeemToken(tx, purpose, token));
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
    expect(redeemed.filter((won) => won !== null)).toMatchObject([{ owner, browser: "a browser", channel: "email" }]);
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

test.each(purposes)("a decoy of a %s takes the same statements as a real one", async (purpose) => {
  await ask(purpose); // the driver looks types up once
  await age(24 * 3600);
  const real = await statementsOf(() => ask(purpose));
  await age(24 * 3600);
  const decoy = await statementsOf(() => ask(purpose, { to: null }));
  expect(decoy).toEqual(real);
});

test("tokens older than a month are swept, younger ones kept", async () => {
  await ask("verification-link");
  expect(await sweepTokens(db())).toBe(0);
  await age(32 * 24 * 3600);
  expect(await sweepTokens(db())).toBeGreaterThanOrEqual(1);
  expect(await sweepTokens(db())).toBe(0);
});
