import { randomInt } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { readPanel, snapshotAll } from "@/analytics/snapshots";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { env } from "@/env";
import { confirmChange, requestChange } from "@/flows/address-change";
import { requestCode as requestReset } from "@/flows/password-reset";
import { requestCode as requestSignInCode, verifyCode as verifySignIn } from "@/flows/sign-in";
import { requestCode } from "@/flows/sign-up";
import { textMessages } from "@/flows/status";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, phoneAccount, queuedCode } from "@/testing/people";
import { session, signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { sessionOf } from "../flows/session";
import { takeSmsNotice } from "./sms";
import { sweepWindows } from "./windows";

testDatabase();
cheapHashing();
// Strangers have 9 places in a block's hour. Known devices have 3 more, and one number can use 2 of them. The day: 9,
// 3.
process.env.SMS_BLOCK_HOURLY = "12";
process.env.SMS_DAILY_MAX = "12";

beforeEach(async () => {
  await db().execute(sql`delete from limit_windows`);
  await db().execute(sql`delete from otp_verifications`);
});

/** Numbers of one block: the first seven digits are equal. */
const numbersOf = (block: string) => `${block}${String(randomInt(10_000)).padStart(4, "0")}`;
const anywhere = () => numbersOf(`+1415${String(randomInt(210, 1000))}`);
const ask = (address: string) => requestCode(identifierOf(address), "live", browser());
const asks = async (address: () => string, times: number) => {
  const outcomes = [];
  for (let at = 0; at < times; at += 1) outcomes.push(await ask(address()));
  return outcomes;
};
const allowed = (outcomes: { ok: boolean }[]) => outcomes.filter(({ ok }) => ok).length;
const rules = async () => {
  await db().transaction((tx) => snapshotAll(tx));
  return (await readPanel<{ rule: string; key: string }[]>(db(), "suspicious")).data.map(
    ({ rule, key }) => `${rule}: ${key}`,
  );
};
const refusalRules = async () =>
  (await db().execute<{ reason: string }>(sql`select distinct reason from audit_log where action = 'code.ask'`)).map(
    ({ reason }) => reason,
  );
/** How many text messages will go out to numbers with this prefix. */
const texts = (beginning: string) =>
  db().$count(deliveries, sql`starts_with(${deliveries.recipient}, ${beginning}) and channel = 'sms' and not decoy`);
/** A person with a number, on a known device. */
async function owner(phone: string) {
  const { id } = await phoneAccount({ phoneNumber: phone });
  const from = { ...(await signedIn({ accountType: "live", id })), session: null };
  return {
    id,
    phone,
    from,
    signIn: () => requestSignInCode(identifierOf(phone), "live", from),
    reset: () => requestReset(identifierOf(phone), "live", from),
  };
}
/** Makes all asks this many seconds older. */
const pass = (seconds: number) =>
  db().execute(sql`update otp_verifications set created_at = created_at - make_interval(secs => ${seconds}),
    expires_at = expires_at - make_interval(secs => ${seconds})`);

describe("a block of numbers", () => {
  test("THR-08: gets its limit of text messages in an hour, from concurrent asks; other blocks and email go on", async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, at) => ask(`+1415201${String(1000 + at)}`)));
    expect(allowed(outcomes)).toBe(9);
    expect(outcomes.find(({ ok }) => !ok)).toMatchObject({
      reason: "RATE_LIMITED",
      retryAfterSeconds: expect.any(Number),
    });
    expect(await ask(numbersOf("+1415202"))).toMatchObject({ ok: true });
    expect(await ask(freshEmail())).toMatchObject({ ok: true });
    expect(await refusalRules()).toContain("text messages to one block");
    expect(await rules()).toContain("text messages to one block: +1415201");
  });

  test("THR-10: still sends a known device its code after 29 free asks of strangers, all decoys", async () => {
    const own = await owner("+14152070000");
    const outcomes = [];
    for (let at = 0; at < 29; at += 1)
      outcomes.push(await requestSignInCode(identifierOf(`+1415207${String(1000 + at)}`), "live", browser()));
    expect(allowed(outcomes)).toBe(9);
    expect(await texts("+1415207")).toBe(0);
    expect(await own.signIn()).toMatchObject({ ok: true });
    expect(await texts("+1415207")).toBe(1);
    // A live session without its device cookie gets a code too.
    const cookieless = browser({ session: await sessionOf(await session({ accountType: "live", id: own.id })) });
    expect(await requestSignInCode(identifierOf(own.phone), "live", cookieless)).toMatchObject({ ok: true });
    expect(await requestSignInCode(identifierOf(own.phone), "live", browser())).toMatchObject({ ok: false });
  });

  test("THR-10: does not let one number use up what is kept for known devices, and sends them no more than that", async () => {
    await asks(() => numbersOf("+1415211"), 12);
    const [first, second, third] = [
      await owner("+14152110001"),
      await owner("+14152110002"),
      await owner("+14152110003"),
    ];
    expect([(await first.signIn()).ok, (await first.reset()).ok]).toEqual([true, true]);
    await pass(61);
    for (let times = 0; times < 3; times += 1) expect(await first.signIn()).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await second.signIn()).toMatchObject({ ok: true });
    expect(await third.signIn()).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await rules()).toContain("text messages to one block: +1415211 known devices");
    // No key has a number in clear.
    const keys = await db().execute<{ key: string }>(sql`select key from limit_windows where key like '%0001%'`);
    expect([...keys]).toEqual([]);
  });

  test("THR-10: lets a known device use the strangers' part first", async () => {
    const own = await owner("+14152120001");
    await own.signIn();
    await own.reset();
    expect(allowed(await asks(() => numbersOf("+1415212"), 10))).toBe(7);
    await pass(61);
    expect([(await own.signIn()).ok, (await own.reset()).ok]).toEqual([true, true]);
  });

  test("THR-10: sends concurrent known devices exactly the kept part", async () => {
    await asks(() => numbersOf("+1415213"), 9);
    const owners = await Promise.all(Array.from({ length: 6 }, (_, at) => owner(`+141521300${10 + at}`)));
    expect(allowed(await Promise.all(owners.map(({ signIn }) => signIn())))).toBe(3);
  });

  test("pauses known devices for their own unverified messages, and not for those of strangers", async () => {
    const own = await owner(numbersOf("+1415207"));
    // Sent but never verified.
    await db().execute(sql`insert into otp_verifications (phone, purpose, channel, created_at, expires_at, sent_at)
      select '+14152070001', 'sign-up', 'sms', now(), now(), now() from generate_series(1, 20)`);
    await pass(11 * 60);
    expect(await ask(numbersOf("+1415207"))).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await own.signIn()).toMatchObject({ ok: true });
    expect(await refusalRules()).toContain("a block that verifies nothing");
    expect(await rules()).toContain("a block that verifies nothing: +1415207");

    // The owner of numbers can make browsers known, so known devices are paused too.
    await db().execute(sql`delete from otp_verifications where sent_at is null`);
    await db().execute(sql`update otp_verifications set device = gen_random_uuid()`);
    await pass(11 * 60);
    expect(await own.signIn()).toMatchObject({ reason: "RATE_LIMITED" });
  });
});

describe("the day of text messages", () => {
  /** Sets the day's count of strangers' messages. */
  const spent = (day: number) =>
    db().execute(sql`insert into limit_windows (key, hits) values ('sms-day ' || (now() at time zone 'UTC')::date,
      jsonb_build_object('day', ${day}::int, 'kept', 0))`);
  const day = async () =>
    (
      await db().execute<{ hits: Record<string, number> }>(
        sql`select hits from limit_windows where key like 'sms-day %'`,
      )
    )[0]?.hits;
  /** Moves the moment when the strangers' part was used up this many seconds back. */
  const earlier = (seconds: number) =>
    db().execute(sql`update limit_windows set hits = hits || jsonb_build_object('full', (hits ->> 'full')::int - ${seconds}::int)
      where key like 'sms-day %'`);

  test("THR-08: sends nine of thirty asks at once and answers all; email goes on, and a sweep keeps the count", async () => {
    const before = await texts("+1415");
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, at) => ask(`+1415${300 + at}0000`)));
    expect(allowed(outcomes)).toBe(30);
    expect((await texts("+1415")) - before).toBe(9);
    const held = await db().select({ held: ledger.held }).from(ledger);
    expect(held.filter((row) => row.held === "text messages of a day")).toHaveLength(21);
    await db().execute(sql`update limit_windows set updated_at = updated_at - interval '3 hours'`);
    await sweepWindows(db());
    const number = anywhere();
    expect(await ask(number)).toMatchObject({ ok: true });
    expect(await texts(number)).toBe(0);
    const email = freshEmail();
    expect(await ask(email)).toMatchObject({ ok: true });
    expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${email} and not decoy`)).toBe(1);
    expect(await rules()).toContainEqual(expect.stringMatching(/^text messages of a day: \d{4}-/));
  });

  test("THR-10: decoys charge nothing: asks for numbers without an account do not switch text messages off", async () => {
    for (let at = 0; at < 20; at += 1)
      expect(await requestSignInCode(identifierOf(anywhere()), "live", browser())).toMatchObject({ ok: true });
    expect(await day()).toEqual({ day: 0, kept: 0 });
    const { phone } = await phoneAccount();
    await requestSignInCode(identifierOf(phone), "live", browser());
    expect(await day()).toEqual({ day: 1, kept: 0 });
    expect(await texts(phone)).toBe(1);
  });

  test("THR-08: a used-up day still answers asks, sends and ends nothing, and the code that arrived works", async () => {
    const [{ phone }, other] = [await phoneAccount(), await phoneAccount()];
    const from = browser();
    const first = await requestSignInCode(identifierOf(phone), "live", from);
    const code = (await queuedCode(phone)) ?? "";
    await db().execute(sql`delete from limit_windows`);
    await spent(9);
    await pass(61);
    expect(await requestSignInCode(identifierOf(phone), "live", from)).toEqual(first);
    expect(await texts(phone)).toBe(1);
    // Neither statements nor answers tell whether the number has an account.
    await requestSignInCode(identifierOf(other.phone), "live", browser()); // the driver looks types up once
    const asked = async (number: string) => {
      let answer: unknown;
      const statements = await statementsOf(async () => {
        const asking = await requestSignInCode(identifierOf(number), "live", browser());
        answer = asking.ok && { ...asking.value, to: "" };
      });
      return { answer, statements };
    };
    expect(await asked(anywhere())).toEqual(await asked((await phoneAccount()).phone));
    expect(await verifySignIn(identifierOf(phone), "live", code, from)).toMatchObject({ ok: true });
  });

  test("THR-08: a held ask takes the statements of a sent one", async () => {
    const sent = await phoneAccount();
    await requestSignInCode(identifierOf(anywhere()), "live", browser()); // the driver looks types up once
    const statements = await statementsOf(() => requestSignInCode(identifierOf(sent.phone), "live", browser()));
    await db().execute(sql`delete from limit_windows`);
    await spent(9);
    const { phone } = await phoneAccount();
    expect(await statementsOf(() => requestSignInCode(identifierOf(phone), "live", browser()))).toEqual(statements);
    expect(await texts(phone)).toBe(0);
  });

  test("THR-10: a day that strangers used up still sends known devices the kept part", async () => {
    await spent(9);
    const owners = await Promise.all(Array.from({ length: 5 }, (_, at) => owner(`+1415${400 + at}0000`)));
    expect(allowed(await Promise.all(owners.map(({ signIn }) => signIn())))).toBe(5);
    expect(await day()).toMatchObject({ day: 9, kept: 3 });
    let sent = 0;
    for (const { phone } of owners) sent += await texts(phone);
    expect(sent).toBe(3);
  });

  test("a held ask to change the number replaces no number that waits for its code", async () => {
    const { id } = await account("live");
    const from = await signedIn({ accountType: "live", id });
    const [first, second] = [anywhere(), anywhere()];
    await requestChange("phone-change", identifierOf(first), from);
    const code = (await queuedCode(first)) ?? "";
    await db().execute(sql`delete from limit_windows`);
    await spent(9);
    expect(await requestChange("phone-change", identifierOf(second), from)).toMatchObject({ ok: true });
    expect((await db().select().from(users).where(eq(users.id, id)))[0]).toMatchObject({ pendingPhone: first });
    expect(await confirmChange("phone-change", code, from)).toMatchObject({ ok: true });
  });

  test("THR-08: a notice charges the day, may use the kept part, and waits when that is used up", async () => {
    await spent(8);
    for (let at = 0; at < 4; at += 1) expect(await takeSmsNotice(db(), anywhere(), true)).toBeNull();
    expect(await day()).toMatchObject({ day: 9, kept: 3 });
    const held = await takeSmsNotice(db(), anywhere(), true);
    expect(held).toMatchObject({ rule: "text messages of a day" });
    expect(held?.retryAfterSeconds).toBeLessThanOrEqual(86_400);
  });

  test("THR-08: the pause is shown from the next full ten minutes until midnight UTC", async () => {
    expect(await textMessages()).toEqual({ pausedUntil: null });
    await spent(8);
    await ask(anywhere());
    const full = (await day())?.full ?? 0;
    expect(Math.abs(full - Date.now() / 1000)).toBeLessThan(60);
    expect(await textMessages()).toEqual({ pausedUntil: null });
    // The moment before the full ten minutes, and the full ten minutes. Both are in the row's past.
    const intoTen = Math.floor(Date.now() / 1000) % 600;
    await earlier(full - Math.floor(Date.now() / 1000) + intoTen + 1);
    const { pausedUntil } = await textMessages();
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    expect(pausedUntil).toEqual(midnight);
    // A higher limit ends the pause.
    env().smsMost.daily = 24;
    try {
      expect(await textMessages()).toEqual({ pausedUntil: null });
    } finally {
      env().smsMost.daily = 12;
    }
    // Without countries for text messages no pause is shown.
    const { smsCountries } = env();
    env().smsCountries = [];
    try {
      expect(await textMessages()).toEqual({ pausedUntil: null });
    } finally {
      env().smsCountries = smsCountries;
    }
  });
});

test("an ask that is refused for another reason is not counted", async () => {
  const number = numbersOf("+1415203");
  await asks(() => number, 10); // one code, nine cooldowns
  expect(allowed(await asks(() => numbersOf("+1415203"), 12))).toBe(8);
});

describe("a block whose messages are not verified", () => {
  /** Writes past text messages to numbers of one block. */
  const past = (
    block: string,
    {
      sent,
      verified,
      minutes = 10,
      wasSent = true,
    }: { sent: number; verified: number; minutes?: number; wasSent?: boolean },
  ) =>
    db().execute(sql`insert into otp_verifications (phone, purpose, channel, created_at, expires_at, sent_at, is_verified, verified_at)
      select ${block}::text || lpad(n::text, 4, '0'), 'sign-up', 'sms', at, at + interval '5 minutes',
        case when ${wasSent} then at end, n <= ${verified}, case when n <= ${verified} then at end
      from (select n, now() - make_interval(mins => ${minutes}) - n * interval '1 second' as at from generate_series(1, ${sent}) n) t`);

  test("pauses for half an hour after twenty messages, and then one is tried", async () => {
    await past("+1415204", { sent: 20, verified: 3 });
    expect(await ask(numbersOf("+1415204"))).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect(await ask(numbersOf("+1415205"))).toMatchObject({ ok: true });
    expect(await refusalRules()).toContain("a block that verifies nothing");
    await db().execute(sql`insert into otp_verifications (phone, channel) values ('+14152040001', 'sms')`);
    expect(await rules()).toContain("a block that verifies nothing: +1415204");
    await db().execute(
      sql`update otp_verifications set created_at = created_at - interval '25 minutes', expires_at = expires_at - interval '25 minutes'`,
    );
    expect(await ask(numbersOf("+1415204"))).toMatchObject({ ok: true });
  });

  test("does not tell which number has an account: purposes that send strangers nothing cause no pause (ENU-03)", async () => {
    const outcomes = async (block: string, row: { hasAccount: boolean }) => {
      const phone = numbersOf(block);
      if (row.hasAccount) await phoneAccount({ phoneNumber: phone });
      // Nineteen asks for the attacker's own number, then one for this number. An account with it gets a code.
      await past(block, { sent: 19, verified: 0, minutes: 30 });
      expect(await requestSignInCode(identifierOf(phone), "live", browser())).toMatchObject({ ok: true });
      await db().execute(sql`update otp_verifications o set sent_at = now() from deliveries d
        where d.id = o.delivery_id and not d.decoy and o.phone = ${phone}`);
      await db().execute(sql`update otp_verifications set created_at = created_at - interval '6 minutes',
        expires_at = expires_at - interval '6 minutes' where phone = ${phone}`);
      return (await ask(numbersOf(block))).ok;
    };
    expect(await outcomes("+1415208", { hasAccount: true })).toBe(true);
    expect(await outcomes("+1415209", { hasAccount: false })).toBe(true);
  });

  test.each([
    ["nineteen were sent", { sent: 19, verified: 0 }],
    ["a fifth was verified", { sent: 20, verified: 4 }],
    ["it was yesterday", { sent: 20, verified: 0, minutes: 25 * 60 }],
    ["they were decoys, which nobody can verify", { sent: 40, verified: 0, wasSent: false }],
    ["they can still be verified", { sent: 20, verified: 0, minutes: 1 }],
  ])("does not pause if %s", async (_name, codes) => {
    await past("+1415206", codes);
    expect(await ask(numbersOf("+1415206"))).toMatchObject({ ok: true });
  });
});
