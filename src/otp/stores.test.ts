import { randomUUID } from "node:crypto";
import { and, count, eq, isNull, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Channel } from "@/db/channel";
import { db } from "@/db/client";
import type { HeldRule } from "@/db/held";
import type { Owner } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { env } from "@/env";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { isLong } from "@/testing/long";
import { account, freshEmail, freshPhone, otherCode } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import * as codes from "./code";
import { type Ask, draw, issue } from "./issue";
import { GUESSES_A_DAY, type Policy, type Purpose, policyFor } from "./policies";
import type { Store } from "./store";
import { stores } from "./stores";
import type { Subject } from "./subject";
import { compare, spend, strike } from "./verify";

/*
 * One contract for every documented code table. It does not depend on the app's clock or on time zones: this file runs
 * with the app an hour ahead, in New York, and the database in Shanghai.
 */
process.env.TZ = "America/New_York";
const { url } = testDatabase();
// With bcrypt, fifty racers would wait longer than the limit for a turn.
cheapHashing();

// Counts every comparison, because all of them go through here.
vi.mock("./code", async (original) => {
  const real = await original<typeof codes>();
  return { ...real, codeMatches: vi.fn(real.codeMatches) };
});
const compared = vi.mocked(codes.codeMatches);

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  const name = new URL(url).pathname.slice(1);
  await db().execute(sql`alter database ${sql.identifier(name)} set timezone = 'Asia/Shanghai'`);
  await db().$client.end();
  const { closeDb } = await import("@/db/client");
  await closeDb();
});

beforeEach(() => {
  compared.mockClear();
});

type Case = { name: string; purpose: Purpose; channel: Channel; store: Store; owned: boolean };
const cases: Case[] = [
  { name: "signup_otps, sign-up", purpose: "sign-up", channel: "email", store: stores.signupOtps, owned: false },
  { name: "otps, sign-up", purpose: "sign-up", channel: "email", store: stores.otps, owned: true },
  { name: "email_otps, an invitation", purpose: "sign-up", channel: "email", store: stores.emailOtps, owned: true },
  { name: "email_otps, sign-in", purpose: "sign-in", channel: "email", store: stores.emailOtps, owned: true },
  { name: "email_otps, change", purpose: "email-change", channel: "email", store: stores.emailOtps, owned: true },
  { name: "passcodes", purpose: "verification", channel: "email", store: stores.passcodes, owned: true },
  {
    name: "password_reset_otps",
    purpose: "password-reset",
    channel: "email",
    store: stores.passwordResetOtps,
    owned: true,
  },
  { name: "phone_otps, sign-up", purpose: "sign-up", channel: "sms", store: stores.phoneOtps, owned: false },
  { name: "phone_otps, sign-in", purpose: "sign-in", channel: "sms", store: stores.phoneOtps, owned: true },
  { name: "phone_otps, change", purpose: "phone-change", channel: "sms", store: stores.phoneOtps, owned: true },
  { name: "phone_otps, reset", purpose: "password-reset", channel: "sms", store: stores.phoneOtps, owned: true },
];

test("the contract covers every store", () => {
  expect(new Set(cases.map(({ store }) => store))).toEqual(new Set(Object.values(stores)));
});

/** A subject that a code can be asked for, with the policy in force. */
async function someone({ purpose, channel, owned }: Case, overrides: Partial<Policy> = {}) {
  const policy = policyFor(purpose, channel);
  if (!policy) throw new Error(`${purpose} has no ${channel}`);
  const owner: Owner | null = owned ? { accountType: "live", id: (await account("live")).id } : null;
  const subject: Subject = { accountType: "live", channel, address: channel === "email" ? freshEmail() : freshPhone() };
  const asker = { subject, share: null, browser: randomUUID(), ipAddress: "203.0.113.7", userAgent: null };
  const ask: Ask = { ...asker, policy: { ...policy, ...overrides } };
  return { ask, owner };
}
type Someone = Awaited<ReturnType<typeof someone>>;

/** Asks as a flow does: with a delivery, under the lock. A null `store` makes a decoy. */
async function ask({ ask, owner }: Someone, store: Store | null, browser = ask.browser, held: HeldRule | null = null) {
  const drawn = await draw(ask, stranger);
  const issued = await db().transaction((tx) =>
    issue(tx, { ...ask, browser }, drawn, async () => {
      const values = { channel: "email", template: "code", recipient: "x", expiresAt: sql`now()` };
      const [delivery] = await tx.insert(deliveries).values(values).returning({ id: deliveries.id });
      return { owner, store, deliveryId: delivery?.id ?? "", held };
    }),
  );
  return { issued, code: drawn.code };
}

type Fate = "won" | "lost" | "mismatch" | "absent" | "exhausted";

/** Verifies as a flow does: charges and commits, compares outside, and spends with the consequence. */
async function verify(ask: Ask, code: string, consequence: () => Promise<void> = async () => {}): Promise<Fate> {
  const guess = { policy: ask.policy, subject: ask.subject, browser: ask.browser, code };
  const struck = await db().transaction((tx) => strike(tx, guess));
  if (!struck.ok) return struck.reason;
  if (!(await compare(guess, struck, stranger))) return "mismatch";
  return db().transaction(async (tx) => {
    if (!(await spend(tx, struck))) return "lost";
    await consequence();
    return "won";
  });
}

const at = ({ subject }: Ask) =>
  subject.channel === "email" ? eq(ledger.email, subject.address) : eq(ledger.phone, subject.address);
const liveRows = (ask: Ask) =>
  db()
    .select()
    .from(ledger)
    .where(and(at(ask), isNull(ledger.supersededAt)));
const age = (ask: Ask, seconds: number) =>
  db()
    .update(ledger)
    .set({
      createdAt: sql`${ledger.createdAt} - make_interval(secs => ${seconds})`,
      expiresAt: sql`${ledger.expiresAt} - make_interval(secs => ${seconds})`,
    })
    .where(at(ask));
async function rowsIn(store: Store, ask: Ask): Promise<number> {
  const [row] = await db().execute<{ count: number }>(
    sql`select count(*)::int as count from ${sql.identifier(store.name)} where ledger_s_no in (select s_no from ${ledger} where ${at(ask)})`,
  );
  return row?.count ?? -1;
}

/**
 * The HMAC in place of bcrypt, for tests that count many guesses: counting does not depend on the hash, and bcrypt
 * takes hundreds of times as long. Other tests of this file use each store's own hash.
 */
const CHEAP = { hash: "hmac" } as const;

const ROUNDS = isLong ? 20 : 5;

/** Each store once, because a race costs thousands of statements. */
const oncePerStore = cases.filter(({ store }, i) => cases.findIndex((other) => other.store === store) === i);

describe.each(oncePerStore)("races over $name", (one) => {
  const { store } = one;

  test(`50 right codes at once: exactly one wins, ${ROUNDS} times out of ${ROUNDS}`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      // Some rounds use the store's own hash: a slow comparison gives the others more time between strike and spend.
      const person = await someone(one, round % 5 === 0 ? {} : CHEAP);
      const { code } = await ask(person, store);
      const fates = await Promise.all(Array.from({ length: 50 }, () => verify(person.ask, code)));
      expect(fates.filter((fate) => fate === "won")).toHaveLength(1);
      expect(await verify(person.ask, code)).toBe("absent");
    }
  });

  test("100 wrong codes at once: exactly the allowed number is compared, and then the right code fails", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    const fates = await Promise.all(Array.from({ length: 100 }, () => verify(person.ask, otherCode(code))));
    expect(compared).toHaveBeenCalledTimes(person.ask.policy.attempts);
    expect(fates.filter((fate) => fate === "mismatch")).toHaveLength(person.ask.policy.attempts);
    expect(await verify(person.ask, code)).toBe("exhausted");
    expect(compared).toHaveBeenCalledTimes(person.ask.policy.attempts);
  });
});

describe.each(cases)("$name", (one) => {
  const { store } = one;

  test("a new challenge retires the older one: its row is deleted, its code fails, and the new code works", async () => {
    const person = await someone(one, { cooldownSeconds: 0 });
    const first = await ask(person, store);
    const second = await ask(person, store);
    expect(second.issued).toMatchObject({ ok: true, retired: 1 });
    expect(await rowsIn(store, person.ask)).toBe(1);
    if (first.code !== second.code) expect(await verify(person.ask, first.code)).toBe("mismatch");
    expect(await verify(person.ask, second.code)).toBe("won");
  });

  test("20 asks at once leave one live challenge, by the cooldown and by the hourly cap", async () => {
    const cooling = await someone(one, { ...CHEAP, cooldownSeconds: 60 });
    const refused = (await Promise.all(Array.from({ length: 20 }, () => ask(cooling, store)))).map(
      ({ issued }) => issued,
    );
    expect(refused.filter(({ ok }) => ok)).toHaveLength(1);
    expect(refused.filter((r) => !r.ok && r.reason === "COOLDOWN" && r.retryAfterSeconds <= 60)).toHaveLength(19);

    const eager = await someone(one, { ...CHEAP, cooldownSeconds: 0 });
    const capped = (await Promise.all(Array.from({ length: 20 }, () => ask(eager, store)))).map(({ issued }) => issued);
    expect(capped.filter(({ ok }) => ok)).toHaveLength(5);
    expect(capped.filter((r) => !r.ok && r.reason === "RATE_LIMITED")).toHaveLength(15);
    expect(await liveRows(eager.ask)).toHaveLength(1);
    expect(await rowsIn(store, eager.ask)).toBe(1);
  });

  test("cooldown and expiry are exact to the second by PostgreSQL's clock", async () => {
    const person = await someone(one, { cooldownSeconds: 60 });
    const { code } = await ask(person, store);
    await age(person.ask, 57);
    expect((await ask(person, store)).issued).toMatchObject({ reason: "COOLDOWN" });
    await age(person.ask, person.ask.policy.ttlSeconds - 60);
    expect(await verify(person.ask, otherCode(code))).toBe("mismatch");
    await age(person.ask, 4);
    expect(await verify(person.ask, code)).toBe("absent");
    expect((await ask(person, store)).issued.ok).toBe(true);
  });

  test("the hourly cap slides: the sixth code waits until the first is an hour old", async () => {
    const person = await someone(one, { cooldownSeconds: 0 });
    for (let i = 0; i < 5; i++) {
      await ask(person, store);
      await age(person.ask, 600);
    }
    const { issued } = await ask(person, store);
    expect(issued).toMatchObject({ reason: "RATE_LIMITED" });
    expect(issued.ok ? 0 : issued.retryAfterSeconds).toBeCloseTo(597, -1);
    await age(person.ask, 601);
    expect((await ask(person, store)).issued.ok).toBe(true);
  });

  test("a held ask retires nothing: the code that arrived works in its browser", async () => {
    const person = await someone(one, { ...CHEAP, cooldownSeconds: 0 });
    const first = await ask(person, store);
    const held = await ask(person, store, person.ask.browser, "mailbox an hour");
    expect(held.issued).toMatchObject({ ok: true, retired: 0 });
    expect(await rowsIn(store, person.ask)).toBe(1);
    // Both challenges count on one counter. The held one has no code that could be right.
    if (held.code !== first.code) expect(await verify(person.ask, held.code)).toBe("mismatch");
    expect(await verify(person.ask, first.code)).toBe("won");
    expect(await verify(person.ask, held.code)).toBe("mismatch");
  });

  test("a held ask takes the statements of a sent one, and its attempts count down even without an older code", async () => {
    await ask(await someone(one), store); // the driver looks types up once
    const other = await someone(one);
    const home = other.ask.policy.stores[0];
    const asReal = await statementsOf(() => ask(other, home));
    for (const lies of [home, null]) {
      const person = await someone(lies ? one : { ...one, owned: false });
      expect(await statementsOf(() => ask(person, lies, person.ask.browser, "text messages of a day"))).toEqual(asReal);
      for (let left = person.ask.policy.attempts; left > 0; left--)
        expect(await verify(person.ask, "0".repeat(person.ask.policy.digits))).toBe("mismatch");
      expect(await verify(person.ask, "0".repeat(person.ask.policy.digits))).toBe("exhausted");
    }
  });

  test("a decoy takes the same statements as a real challenge, and its attempts count down", async () => {
    const real = await someone(one);
    const decoy = await someone({ ...one, owned: false });
    await ask(await someone(one), store); // the driver looks types up once
    const home = real.ask.policy.stores[0];
    const asReal = await statementsOf(() => ask(real, home));
    const asDecoy = await statementsOf(() => ask(decoy, null));
    expect(asDecoy).toEqual(asReal);
    expect(asReal.length).toBeGreaterThan(5);
    expect(await rowsIn(home, decoy.ask)).toBe(0);
    for (let left = real.ask.policy.attempts; left >= 0; left--) {
      const fates: Fate[] = [];
      const guessReal = await statementsOf(async () =>
        fates.push(await verify(real.ask, "0".repeat(real.ask.policy.digits))),
      );
      const guessDecoy = await statementsOf(async () =>
        fates.push(await verify(decoy.ask, "0".repeat(real.ask.policy.digits))),
      );
      expect(guessDecoy).toEqual(guessReal);
      expect(fates[1]).toBe(fates[0]);
      expect(fates[0]).toBe(left === 0 ? "exhausted" : "mismatch");
    }
  });

  test("a guess from another browser charges nothing, and the right browser can still verify", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    for (let i = 0; i < 10; i++) expect(await verify({ ...person.ask, browser: randomUUID() }, code)).toBe("absent");
    expect(compared).not.toHaveBeenCalled();
    expect(await liveRows(person.ask)).toMatchObject([{ attempts: 0 }]);
    expect(await verify(person.ask, code)).toBe("won");
  });

  test("a digest copied to another subject, purpose or table verifies nothing", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    const digest = (await db().transaction((tx) => strike(tx, { ...person.ask, code }))) as { digest: string };
    const subjectKey = (address: string) => `live:${one.channel}:${address}`;
    const binding = { store: store.name, purpose: one.purpose, subject: subjectKey(person.ask.subject.address) };
    const matches = (moved: Partial<codes.Binding>) =>
      codes.codeMatches(code, digest.digest, { ...binding, ...moved }, person.ask.policy.hash, stranger);
    expect(await matches({})).toBe(true);
    for (const moved of [{ store: "elsewhere" }, { purpose: "another" }, { subject: subjectKey("another") }])
      expect(await matches(moved)).toBe(false);

    // A whole row that is copied in the database verifies nothing.
    const other = await someone(one);
    const theirs = await ask(other, store);
    const column = { signup_otps: "otp_code", otps: "otp_code", passcodes: "code" }[store.name] ?? "otp";
    await db().execute(sql`update ${sql.identifier(store.name)} set ${sql.identifier(column)} = ${digest.digest}
      where ledger_s_no in (select s_no from ${ledger} where ${at(other.ask)})`);
    if (theirs.code !== code) expect(await verify(other.ask, code)).toBe("mismatch");
  });

  test("a challenge from before a key rotation verifies, unless its key was removed", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    const secrets = env().appSecrets;
    const [old] = secrets;
    try {
      secrets.unshift(randomUUID() + randomUUID());
      expect(await verify(person.ask, otherCode(code))).toBe("mismatch");
      secrets.pop();
      expect(await verify(person.ask, code)).toBe("mismatch");
      if (old) secrets.push(old);
      expect(await verify(person.ask, code)).toBe("won");
    } finally {
      secrets.splice(0, secrets.length, old ?? "");
    }
  });

  test("the 21st wrong guess in 24 hours over all codes is not compared; a day later a guess is", async () => {
    const person = await someone(one, { ...CHEAP, cooldownSeconds: 0 });
    let guesses = 0;
    let code = "";
    while (guesses < GUESSES_A_DAY) {
      await age(person.ask, 3601);
      ({ code } = await ask(person, store));
      for (let i = 0; i < person.ask.policy.attempts && guesses < GUESSES_A_DAY; i++, guesses++)
        expect(await verify(person.ask, otherCode(code))).toBe("mismatch");
    }
    const withDigest = () => compared.mock.calls.filter(([, digest]) => digest !== null).length;
    expect(withDigest()).toBe(GUESSES_A_DAY);
    await age(person.ask, 3601);
    ({ code } = await ask(person, store));
    // The right code gets the ordinary answer of a wrong one.
    expect(await verify(person.ask, code)).toBe("mismatch");
    expect(withDigest()).toBe(GUESSES_A_DAY);
    await age(person.ask, 26 * 3600);
    ({ code } = await ask(person, store));
    expect(await verify(person.ask, code)).toBe("won");
  });

  test("a fault in the consequence rolls it back: the code stays live, and the attempt stays charged", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    const fault = async () => {
      throw new Error("planted");
    };
    await expect(verify(person.ask, code, fault)).rejects.toThrow("planted");
    expect(await liveRows(person.ask)).toMatchObject([{ attempts: 1, isVerified: false, verifiedAt: null }]);
    expect(await rowsIn(store, person.ask)).toBe(1);
    expect(await verify(person.ask, code)).toBe("won");
    expect(await liveRows(person.ask)).toMatchObject([{ attempts: 2, isVerified: true }]);
  });

  test("a stored code is never in clear", async () => {
    const person = await someone(one, { digits: 10 });
    const { code } = await ask(person, store);
    const [dump] = await db().execute<{ text: string }>(
      sql`select (select string_agg(t::text, '') from ${sql.identifier(store.name)} t) || (select string_agg(l::text, '') from ${ledger} l) as text`,
    );
    expect(code).toMatch(/^\d{10}$/);
    expect(dump?.text).not.toContain(code);
    expect(await verify(person.ask, code)).toBe("won");
  });

  test.runIf(one.owned)("deleting the account deletes its challenges", async () => {
    const person = await someone(one);
    const { code } = await ask(person, store);
    await db()
      .delete(users)
      .where(eq(users.id, person.owner?.id ?? ""));
    expect(await verify(person.ask, code)).toBe("absent");
    expect(await db().select({ rows: count() }).from(ledger).where(at(person.ask))).toEqual([{ rows: 0 }]);
  });

  test("the sweep deletes a row only after it is of no more use", async () => {
    const person = await someone(one);
    await ask(person, store);
    const sweep = () => store.sweep(db());
    await sweep();
    expect(await rowsIn(store, person.ask)).toBe(1);
    await db().execute(sql`update ${sql.identifier(store.name)} set expires_at = now() - interval '1 second'
      where ledger_s_no in (select s_no from ${ledger} where ${at(person.ask)})`);
    expect(await sweep()).toBeGreaterThanOrEqual(1);
    expect(await rowsIn(store, person.ask)).toBe(0);
    expect(await sweep()).toBe(0);
  });
});

describe("spending, as each document says", () => {
  const spent = async (one: Case) => {
    const person = await someone(one);
    const { code } = await ask(person, one.store);
    expect(await verify(person.ask, code)).toBe("won");
    return rowsIn(one.store, person.ask);
  };
  test.each(cases)("$name", async (one) => {
    // A phone code's row may hold a reset token, so it stays until the sweep.
    const kept: Store[] = [stores.passcodes, stores.passwordResetOtps, stores.phoneOtps];
    expect(await spent(one)).toBe(kept.includes(one.store) ? 1 : 0);
  });

  test("a demo account's codes are kept apart from the live account's", async () => {
    const { id } = await account("demo");
    const [sample] = cases.filter(({ store }) => store === stores.emailOtps);
    if (!sample) throw new Error("no case");
    const person = await someone(sample);
    person.ask.subject.accountType = "demo";
    const { code } = await ask({ ...person, owner: { accountType: "demo", id } }, sample.store);
    const asLive = { ...person.ask, subject: { ...person.ask.subject, accountType: "live" as const } };
    expect(await verify(asLive, code)).toBe("absent");
    expect(await verify(person.ask, code)).toBe("won");
    await db().delete(demoUsers).where(eq(demoUsers.id, id));
  });

  test("a known device has its own challenge, cooldown and budget", async () => {
    const [one] = cases;
    if (!one) throw new Error("no case");
    const stranger = await someone(one, { cooldownSeconds: 60 });
    const owner: Someone = { ...stranger, ask: { ...stranger.ask, share: randomUUID(), browser: randomUUID() } };
    const theirs = await ask(stranger, stores.otps === one.store ? one.store : null);
    const mine = await ask(owner, null);
    expect(theirs.issued.ok && mine.issued.ok).toBe(true);
    expect(await liveRows(stranger.ask)).toHaveLength(2);
    expect((await ask(owner, null)).issued).toMatchObject({ reason: "COOLDOWN" });
  });
});
