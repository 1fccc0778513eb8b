import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { lockouts } from "@/db/schema/limits";
import { testDatabase } from "@/testing/database";
import { freshEmail } from "@/testing/people";
import {
  CLOSED_SECONDS,
  chargeFailure,
  FAILURES_AN_HOUR,
  forgive,
  GUESSES_IN_A_ROW,
  type Guessed,
  LOCKED_SECONDS,
  reopen,
  sweepLockouts,
  takeBack,
  takeTelling,
} from "./lockout";

testDatabase();

const someone = (share: string | null = null): Guessed => ({
  accountType: "live",
  channel: "email",
  address: freshEmail(),
  share,
});
const charge = (guessed: Guessed, counts = false) => chargeFailure(db(), guessed, { counts });
const charges = async (guessed: Guessed, times: number) => {
  for (let i = 0; i < times; i++) await charge(guessed);
};
const tell = (guessed: Guessed) => db().transaction((tx) => takeTelling(tx, guessed));

/** Moves all counts back in time, because PostgreSQL's clock cannot be moved. */
const age = (seconds: number) =>
  db().execute(sql`update lockouts set
    locked_until = locked_until - make_interval(secs => ${seconds}),
    told_at = told_at - make_interval(secs => ${seconds}),
    closed_at = closed_at - make_interval(secs => ${seconds}),
    updated_at = updated_at - make_interval(secs => ${seconds}),
    hits = (select coalesce(jsonb_object_agg((key::int - ${Math.floor(seconds / 60)}::int)::text, value), '{}') from jsonb_each(hits))`);

describe("chargeFailure", () => {
  test("lets ten of a hundred guesses at once be compared, and names one as the last (THR-03, THR-04)", async () => {
    const guessed = someone();
    const made = await Promise.all(Array.from({ length: 100 }, () => charge(guessed)));
    expect(made.filter(({ locked }) => !locked)).toHaveLength(FAILURES_AN_HOUR);
    expect(made.filter(({ tripped }) => tripped)).toEqual([{ locked: false, tripped: true, inARow: "apart" }]);
    expect(FAILURES_AN_HOUR).toBe(10);
  });

  test("locks for fifteen minutes to the second, and guesses during the lock do not extend it", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR);
    await age(LOCKED_SECONDS - 5);
    expect(await charge(guessed)).toEqual({ locked: true, tripped: false, inARow: "apart" });
    await age(6);
    expect(await charge(guessed)).toEqual({ locked: false, tripped: false, inARow: "apart" });
    expect(LOCKED_SECONDS).toBe(900);
  });

  test("lets ten more guesses be compared after a lock, and then locks again", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR);
    await age(LOCKED_SECONDS + 1);
    await charges(guessed, FAILURES_AN_HOUR - 1);
    expect(await charge(guessed)).toEqual({ locked: false, tripped: true, inARow: "apart" });
    expect(await charge(guessed)).toEqual({ locked: true, tripped: false, inARow: "apart" });
  });

  test("counts in a sliding hour: a failure that is an hour old no longer counts", async () => {
    const guessed = someone();
    await charges(guessed, 6);
    await age(31 * 60);
    await charges(guessed, 3);
    await age(31 * 60);
    await charges(guessed, 6);
    expect(await charge(guessed)).toEqual({ locked: false, tripped: true, inARow: "apart" });
  });

  test("counts each account type, channel, address and share separately", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR);
    const others: Guessed[] = [
      { ...guessed, accountType: "demo" },
      { ...guessed, channel: "sms" },
      { ...guessed, address: freshEmail() },
      { ...guessed, share: randomUUID() },
    ];
    for (const other of others) expect(await charge(other)).toEqual({ locked: false, tripped: false, inARow: "apart" });
    expect(await charge(guessed)).toMatchObject({ locked: true });
  });

  test("keeps no address in clear", async () => {
    const guessed = someone();
    await charge(guessed);
    const dump = JSON.stringify(await db().select().from(lockouts));
    expect(dump).not.toContain(guessed.address);
    expect((await db().select().from(lockouts)).every(({ key }) => /^[\da-f]{64}$/.test(key))).toBe(true);
  });

  test("throws if it cannot count, so that nothing is compared", async () => {
    await db().execute(sql`alter table lockouts rename to lockouts_away`);
    try {
      await expect(charge(someone())).rejects.toThrow();
    } finally {
      await db().execute(sql`alter table lockouts_away rename to lockouts`);
    }
  });
});

/** Writes a count in a row to the strangers' row, as weeks of guessing leave it. */
async function guessedInARow(guessed: Guessed, count: number): Promise<void> {
  const before = new Set((await db().select({ key: lockouts.key }).from(lockouts)).map(({ key }) => key));
  await charge(guessed, true);
  const closed = count >= GUESSES_IN_A_ROW;
  for (const { key } of await db().select({ key: lockouts.key }).from(lockouts))
    if (!before.has(key))
      await db().execute(sql`update lockouts set hits = '{}', wrong_in_a_row = ${count}::int,
        closed_at = case when ${closed}::boolean then now() end where key = ${key}`);
}
const reopened = (guessed: Guessed) => db().transaction((tx) => reopen(tx, [guessed]));

describe("wrong codes in a row (THR-01)", () => {
  test("close the codes at exactly the hundredth, with twenty at once, and later ones are not compared", async () => {
    const guessed = someone();
    await guessedInARow(guessed, 95);
    const made = await Promise.all(Array.from({ length: 20 }, () => charge(guessed, true)));
    const rows = made.filter(({ locked }) => !locked).map(({ inARow }) => inARow);
    expect(rows.toSorted()).toEqual([...Array(5).fill("closed"), "closing", ...Array(4).fill("open")]);
    expect(GUESSES_IN_A_ROW).toBe(100);
  });

  test("are counted over hours and locks, without the failures that do not count in a row", async () => {
    const guessed = someone();
    await guessedInARow(guessed, 98);
    await charges(guessed, 5);
    await age(2 * 3600);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "open" });
    await charges(guessed, 8);
    await age(3600);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "closing" });
    expect(await charge(guessed)).toMatchObject({ inARow: "apart" });
    expect(await charge(guessed, true)).toMatchObject({ inARow: "closed" });
  });

  test("close the codes for thirty days to the second, and later guesses do not extend that", async () => {
    const guessed = someone();
    await guessedInARow(guessed, 100);
    await age(CLOSED_SECONDS - 5);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "closed" });
    await age(6);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "open" });
    expect((await db().select().from(lockouts)).filter(({ closedAt }) => closedAt !== null)).not.toContainEqual(
      expect.objectContaining({ wrongInARow: 1 }),
    );
    expect(CLOSED_SECONDS).toBe(30 * 24 * 3600);
  });

  test("are counted anew after thirty days without one", async () => {
    const guessed = someone();
    await guessedInARow(guessed, 99);
    await age(CLOSED_SECONDS - 5);
    await charge(guessed);
    await age(CLOSED_SECONDS - 5);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "closing" });

    const other = someone();
    await guessedInARow(other, 99);
    await age(CLOSED_SECONDS + 1);
    expect(await charge(other, true)).toMatchObject({ inARow: "open" });
  });

  test("are forgotten by reopen for the named identifiers only, and a lock of 15 minutes stays", async () => {
    const [one, other] = [someone(), someone()];
    await guessedInARow(one, 100);
    await guessedInARow(other, 100);
    await reopened({ ...one, share: randomUUID() });
    for (const inARow of ["open", "open"]) expect(await charge(one, true)).toMatchObject({ inARow });
    expect(await charge(other, true)).toMatchObject({ inARow: "closed" });
    await charges(one, FAILURES_AN_HOUR);
    await reopened(one);
    expect(await charge(one, true)).toMatchObject({ locked: true });
    await db().transaction((tx) => reopen(tx, []));
  });

  test("do not include a charge that is taken back, but codes that another charge closed stay closed", async () => {
    const guessed = someone();
    await guessedInARow(guessed, 98);
    for (let again = 0; again < 3; again += 1) {
      const charged = await charge(guessed, true);
      expect(charged).toMatchObject({ inARow: "open" });
      await takeBack(db(), guessed, charged);
    }
    const waiting = await charge(guessed, true);
    const last = await charge(guessed, true);
    expect(last).toMatchObject({ inARow: "closing" });
    await takeBack(db(), guessed, waiting);
    expect(await charge(guessed, true)).toMatchObject({ inARow: "closed" });

    const other = someone();
    await guessedInARow(other, 99);
    for (let again = 0; again < 3; again += 1) {
      const charged = await charge(other, true);
      expect(charged).toMatchObject({ inARow: "closing" });
      await takeBack(db(), other, charged);
    }
  });

  test("are kept by the sweep for thirty days, closed or not", async () => {
    await db().delete(lockouts);
    await guessedInARow(someone(), 1);
    await guessedInARow(someone(), 100);
    await charge(someone());
    await age(26 * 3600);
    expect(await sweepLockouts(db())).toBe(1);
    await age(CLOSED_SECONDS - 27 * 3600);
    expect(await sweepLockouts(db())).toBe(0);
    await age(2 * 3600);
    expect(await sweepLockouts(db())).toBe(2);
  });
});

describe("takeBack", () => {
  test("restores the count, and ends the lock that the tenth charge made", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR - 1);
    for (let again = 0; again < 3; again += 1) {
      const charged = await charge(guessed);
      expect(charged).toEqual({ locked: false, tripped: true, inARow: "apart" });
      await takeBack(db(), guessed, charged);
    }
    const other = someone();
    for (let again = 0; again < 20; again += 1) await takeBack(db(), other, await charge(other));
    await age(60);
    await charges(other, FAILURES_AN_HOUR - 1);
    expect(await charge(other)).toEqual({ locked: false, tripped: true, inARow: "apart" });
  });

  test("does not end a lock that another failure made", async () => {
    const guessed = someone();
    const waiting = await charge(guessed);
    await charges(guessed, FAILURES_AN_HOUR - 1);
    await takeBack(db(), guessed, waiting);
    expect(await charge(guessed)).toMatchObject({ locked: true });
  });
});

describe("forgive", () => {
  test("takes the charges back and ends the lock, for the named identifiers only", async () => {
    const [counted, locked, other] = [someone(), someone(), someone()];
    await charges(counted, FAILURES_AN_HOUR - 1);
    await charges(locked, FAILURES_AN_HOUR);
    await charges(other, FAILURES_AN_HOUR);
    await forgive(db(), [counted, locked]);
    for (const guessed of [counted, locked]) {
      await charges(guessed, FAILURES_AN_HOUR - 1);
      expect(await charge(guessed)).toEqual({ locked: false, tripped: true, inARow: "apart" });
    }
    expect(await charge(other)).toMatchObject({ locked: true });
  });

  test("does nothing for an empty list", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR);
    await forgive(db(), []);
    expect(await charge(guessed)).toMatchObject({ locked: true });
  });

  test("keeps the note that the owner was told today", async () => {
    const guessed = someone();
    await tell(guessed);
    await forgive(db(), [guessed]);
    expect(await tell(guessed)).toBe(false);
  });
});

describe("takeTelling", () => {
  test("is true once a day, even with 20 calls at once", async () => {
    const guessed = someone();
    await charges(guessed, FAILURES_AN_HOUR);
    const told = await Promise.all(Array.from({ length: 20 }, () => tell(guessed)));
    expect(told.filter(Boolean)).toHaveLength(1);
    await age(24 * 3600 - 5);
    expect(await tell(guessed)).toBe(false);
    await age(6);
    expect(await tell(guessed)).toBe(true);
  });

  test("is true once for an identifier, over all its shares", async () => {
    const guessed = someone(randomUUID());
    await charges(guessed, FAILURES_AN_HOUR);
    expect(await tell(guessed)).toBe(true);
    expect(await tell({ ...guessed, share: null })).toBe(false);
    expect(await tell({ ...guessed, share: randomUUID() })).toBe(false);
    // Telling changes no lock.
    expect(await charge({ ...guessed, share: null })).toEqual({ locked: false, tripped: false, inARow: "apart" });
    expect(await charge(guessed)).toMatchObject({ locked: true });
  });
});

test("the sweep deletes a lock only after it has ended and its owner may be told again", async () => {
  await db().delete(lockouts);
  await charges(someone(), FAILURES_AN_HOUR);
  const told = someone();
  await tell(told);
  await age(24 * 3600);
  expect(await sweepLockouts(db())).toBe(0);
  await age(3601);
  expect(await sweepLockouts(db())).toBe(2);
  expect(await sweepLockouts(db())).toBe(0);
});
