import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { db, type Tx } from "@/db/client";
import type { Owner } from "@/db/owner";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { testDatabase } from "@/testing/database";
import { stranger } from "@/testing/hashing";
import { account, freshEmail } from "@/testing/people";
import * as codes from "./code";
import { currentChallenge } from "./current";
import { type Ask, draw, issue } from "./issue";
import { GUESSES_A_DAY, type Purpose, policyFor } from "./policies";
import type { Subject } from "./subject";
import { compare, spend, strike } from "./verify";

/*
 * The budgets of wrong guesses. The tests write past rows to the ledger, as days of guessing leave them.
 */
testDatabase();

// Counts every comparison, because all of them go through here.
vi.mock("./code", async (original) => {
  const real = await original<typeof codes>();
  return { ...real, codeMatches: vi.fn(real.codeMatches) };
});
const compared = () => vi.mocked(codes.codeMatches).mock.calls.filter(([, digest]) => digest !== null).length;

beforeEach(() => {
  vi.mocked(codes.codeMatches).mockClear();
});

type Someone = { subject: Subject; owner: Owner };

async function someone(): Promise<Someone> {
  const { id, email } = await account("live", { email: freshEmail() });
  return { subject: { accountType: "live", channel: "email", address: email }, owner: { accountType: "live", id } };
}

/** Asks for a code for a purpose in a share, guesses it right, and returns whether the guess was compared and right. */
async function isWon({ subject, owner }: Someone, share: string | null = null, purpose: Purpose = "sign-in") {
  const policy = policyFor(purpose, "email");
  if (!policy) throw new Error(`${purpose} has no email`);
  const ask: Ask = {
    policy: { ...policy, cooldownSeconds: 0 },
    subject,
    share,
    browser: randomUUID(),
    ipAddress: null,
    userAgent: null,
  };
  const drawn = await draw(ask, stranger);
  const issued = await db().transaction((tx) =>
    issue(tx, ask, drawn, async () => {
      const values = { channel: "email", template: "code", recipient: "x", expiresAt: sql`now()` };
      const [delivery] = await tx.insert(deliveries).values(values).returning({ id: deliveries.id });
      return { owner, store: policy.stores.at(-1) ?? null, deliveryId: delivery?.id ?? "", held: null };
    }),
  );
  expect(issued.ok).toBe(true);
  const guess = { policy: ask.policy, subject, browser: ask.browser, code: drawn.code };
  const struck = await db().transaction((tx) => strike(tx, guess));
  if (!struck.ok) throw new Error(struck.reason);
  // A spent budget does not change the countdown.
  expect(struck.left).toBe(policy.attempts - 1);
  return (await compare(guess, struck, stranger)) && db().transaction((tx) => spend(tx, struck));
}

/** Writes past wrong guesses, one for each ask: the newest this many hours ago, and the others this far apart. */
async function guessed(
  { subject, owner }: Someone,
  count: number,
  { hours, apart = 0, share = null }: { hours: number; apart?: number; share?: string | null },
) {
  const ago = (hour: number) => sql`now() - make_interval(mins => ${Math.round(hour * 60)})` as never; // an SQL value
  const row = (i: number) => ({
    userId: owner.id,
    email: subject.address,
    purpose: "sign-in",
    channel: "email",
    device: share,
    attempts: 1,
    createdAt: ago(hours + i * apart),
    expiresAt: ago(hours + i * apart),
  });
  await db()
    .insert(ledger)
    .values(Array.from({ length: count }, (_, i) => row(i)));
}

describe(`${GUESSES_A_DAY} wrong guesses in 24 hours`, () => {
  test("are compared, and no further one for that purpose and share, even after a success", async () => {
    const person = await someone();
    await guessed(person, 19, { hours: 1.1, apart: 1 });
    expect(await isWon(person)).toBe(true);
    await guessed(person, 1, { hours: 1.2 });
    expect(await isWon(person)).toBe(false);
    expect(compared()).toBe(1);
    expect(await isWon(person, randomUUID())).toBe(true);
    expect(await isWon(person, null, "password-reset")).toBe(true);
  });

  test("of a known device use up the budget of its share only", async () => {
    const person = await someone();
    const share = randomUUID();
    await guessed(person, 20, { hours: 1.1, apart: 1, share });
    expect(await isWon(person, share)).toBe(false);
    expect(await isWon(person)).toBe(true);
  });

  test("no longer count a day later", async () => {
    const person = await someone();
    await guessed(person, 20, { hours: 25.1 });
    expect(await isWon(person)).toBe(true);
  });
});

test("the later of two asks of one browser works, even if its transaction began first", async () => {
  const { subject, owner } = await someone();
  const policy = policyFor("verification", "email"); // 003: it has no cooldown
  if (!policy) throw new Error("verification has no email");
  const ask: Ask = { policy, subject, share: null, browser: randomUUID(), ipAddress: null, userAgent: null };
  const [store] = policy.stores;
  const write = async (tx: Tx) => {
    const drawn = await draw(ask, stranger);
    const values = { channel: "email", template: "code", recipient: "x", expiresAt: sql`now()` };
    const [delivery] = await tx.insert(deliveries).values(values).returning({ id: deliveries.id });
    const plan = async () => ({ owner, store, deliveryId: delivery?.id ?? "", held: null });
    expect(await issue(tx, ask, drawn, plan)).toMatchObject({ ok: true });
    return drawn.code;
  };
  const code = await db().transaction(async (tx) => {
    await tx.execute(sql`select 1`); // fixes the transaction's time
    await db().transaction(write);
    return write(tx);
  });
  const guess = { policy, subject, browser: ask.browser, code };
  const struck = await db().transaction((tx) => strike(tx, guess));
  expect(struck).toMatchObject({ ok: true, left: policy.attempts - 1 });
  expect(struck.ok && (await compare(guess, struck, stranger))).toBe(true);
  const shown = await currentChallenge(db(), "verification", ask.browser);
  expect(shown?.expiresInSeconds).toBeGreaterThan(0);
});
