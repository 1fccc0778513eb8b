import { randomInt } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { readPanel, snapshotAll } from "@/analytics/snapshots";
import { db } from "@/db/client";
import { requestCode as requestSignInCode } from "@/flows/sign-in";
import { requestCode } from "@/flows/sign-up";
import { testDatabase } from "@/testing/database";
import { browser, freshEmail, identifierOf, phoneAccount } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { sweepWindows } from "./sweep";

testDatabase();
process.env.SMS_BLOCK_HOURLY = "5";
process.env.SMS_DAILY_MAX = "12";

beforeEach(async () => {
  await db().execute(sql`delete from limit_windows`);
  await db().execute(sql`delete from otp_verifications`);
});

/** Numbers of one block, the first seven digits alike. */
const numbersOf = (block: string) => `${block}${String(randomInt(10_000)).padStart(4, "0")}`;
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

test("one block of numbers gets so many text messages in an hour, of any number at once; others and email go on (THR-08)", async () => {
  const outcomes = await Promise.all(Array.from({ length: 30 }, (_, at) => ask(`+1415201${String(1000 + at)}`)));
  expect(allowed(outcomes)).toBe(5);
  expect(outcomes.find(({ ok }) => !ok)).toMatchObject({
    reason: "RATE_LIMITED",
    retryAfterSeconds: expect.any(Number),
  });
  expect(await ask(numbersOf("+1415202"))).toMatchObject({ ok: true });
  expect(await ask(freshEmail())).toMatchObject({ ok: true });
  expect(await refusalRules()).toContain("text messages to one block");
  expect(await rules()).toContain("text messages to one block: +1415201");
});

test("all of them together get so many in a day, and a sweep at night does not forget the day's", async () => {
  const anywhere = () => numbersOf(`+1415${String(randomInt(100, 1000))}`);
  expect(allowed(await Promise.all(Array.from({ length: 30 }, () => ask(anywhere()))))).toBe(12);
  await db().execute(sql`update limit_windows set updated_at = updated_at - interval '3 hours'`);
  await sweepWindows(db());
  const refused = await ask(anywhere());
  expect(refused).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
  expect(!refused.ok && refused.retryAfterSeconds).toBeLessThanOrEqual(86_400);
  expect(await ask(freshEmail())).toMatchObject({ ok: true });
  expect(await refusalRules()).toContain("text messages of a day");
  expect(await rules()).toContainEqual(expect.stringMatching(/^text messages of a day: \d{4}-/));
});

test("what strangers use up of a block is not a known device's, which has as much and no more (THR-10)", async () => {
  const { id, phone } = await phoneAccount({ phoneNumber: numbersOf("+1415207") });
  const own = { ...(await signedIn({ accountType: "live", id })), session: null };
  const askOwn = () => requestSignInCode(identifierOf(phone), "live", own);
  expect(allowed(await asks(() => numbersOf("+1415207"), 6))).toBe(5);
  expect(await askOwn()).toMatchObject({ ok: true });

  // Sent, and never verified.
  const old = sql`created_at = created_at - interval '11 minutes', expires_at = expires_at - interval '11 minutes'`;
  await db().execute(sql`insert into otp_verifications (phone, purpose, channel, created_at, expires_at, sent_at)
    select '+14152070001', 'sign-up', 'sms', now(), now(), now() from generate_series(1, 20)`);
  await db().execute(sql`delete from limit_windows`);
  await db().execute(sql`update otp_verifications set ${old}`);
  expect(await ask(numbersOf("+1415207"))).toMatchObject({ reason: "RATE_LIMITED" });
  expect(await askOwn()).toMatchObject({ ok: true });
  expect(await refusalRules()).toContain("a block that verifies nothing");
  expect(await rules()).toContain("a block that verifies nothing: +1415207");

  // Whoever owns numbers can make known devices of browsers: they are held back alike.
  await db().execute(sql`delete from otp_verifications where sent_at is null`);
  await db().execute(sql`update otp_verifications set device = gen_random_uuid(), ${old}`);
  expect(await askOwn()).toMatchObject({ reason: "RATE_LIMITED" });
  await db().execute(sql`delete from otp_verifications`);
  await db().execute(sql`update limit_windows set hits = jsonb_build_object(floor(extract(epoch from now()) / 60)::int, 5)
    where key = 'sms-block +1415207 known devices'`);
  expect(await askOwn()).toMatchObject({ reason: "RATE_LIMITED" });
});

test("an ask that is refused for another reason counts for nothing", async () => {
  const number = numbersOf("+1415203");
  await asks(() => number, 10); // one code, nine cooldowns
  expect(allowed(await asks(() => numbersOf("+1415203"), 10))).toBe(4);
});

describe("a block whose messages are not verified", () => {
  /** Text messages of the past, to numbers of one block. */
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

  test("is paused after twenty, for half an hour; then one is tried", async () => {
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

  test("nobody learns by it which number has an account: a code that goes to no stranger pauses nothing (ENU-03)", async () => {
    const outcomes = async (block: string, row: { hasAccount: boolean }) => {
      const phone = numbersOf(block);
      if (row.hasAccount) await phoneAccount({ phoneNumber: phone });
      // The attacker's own number is asked for nineteen times, then this one; whoever has it is sent a code.
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
    ["they may be verified yet", { sent: 20, verified: 0, minutes: 1 }],
  ])("is not where %s", async (_name, codes) => {
    await past("+1415206", codes);
    expect(await ask(numbersOf("+1415206"))).toMatchObject({ ok: true });
  });
});
