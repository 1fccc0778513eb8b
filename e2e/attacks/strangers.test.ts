import { randomBytes } from "node:crypto";
import { and, eq, gt, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { lockouts } from "@/db/schema/limits";
import { openMessage } from "@/delivery/envelope";
import { cheapHashing, stranger as nobody } from "@/testing/hashing";
import { account, freshEmail, freshPhone, otherCode, queuedCode, queuedMessage } from "@/testing/people";
import { type Called, cheapBcrypt, later, stage } from "./stage";

/*
 * Somebody uses up everything there is for one person's address and number: each cooldown, cap, budget and lock, from
 * ever other IP addresses and browsers. The person must notice no more than some mail.
 */

// Ten messages an hour to a block are the strangers’; four more are kept for known devices.
const { visitor } = stage({ env: { ...cheapBcrypt, SMS_BLOCK_HOURLY: "14" } });
cheapHashing();

const PASSWORD = "blue otter lamp chair";
const email = freshEmail();
const phone = freshPhone();
const [open, device] = [visitor({ ip: "127.2.255.1" }), visitor({ ip: "127.2.255.2" })];

let strangers = 0;
const stranger = () => visitor({ ip: `127.2.${strangers >> 8}.${strangers++ & 255}` });

/** Ways in by a code, and how many guesses one code stands. */
const ways = {
  "sign-in by email": { flow: "signIn", identifier: email, attempts: 3 },
  "reset by email": { flow: "passwordReset", identifier: email, attempts: 5 },
  "sign-in by SMS": { flow: "signIn", identifier: phone, attempts: 3 },
  "reset by SMS": { flow: "passwordReset", identifier: phone, attempts: 3 },
} as const;
type Way = (typeof ways)[keyof typeof ways];
const wayIn = ways["sign-in by email"];

const ask = ({ flow, identifier }: Way, from = stranger()) => from.call(`${flow}.requestCode`, { identifier });
const guess = ({ flow, identifier }: Way, code: string, from: Browser) =>
  from.call(`${flow}.verifyCode`, { identifier, code });
const byPassword = (identifier: string, password: string, from = stranger()) =>
  from.call("signIn.password", { identifier, password });
type Browser = ReturnType<typeof visitor>;

/** Why somebody was turned away, as an admin reads it; null where that is not written down. */
async function ruleBehind({ headers }: Called): Promise<string | null> {
  const [row] = await db()
    .select({ rule: auditLog.reason })
    .from(auditLog)
    .where(and(eq(auditLog.requestId, String(headers["x-request-id"])), eq(auditLog.result, "refused")));
  return row?.rule ?? null;
}

/** Guesses at a code until it is dead: each guess is charged, and then there is none left. */
async function guessAway(way: Way, from: Browser): Promise<(string | null)[]> {
  // The newest message may be the notice of a lock, which another way has just tripped.
  const wrong = otherCode((await queuedCode(way.identifier)) ?? "000000");
  const guesses = await Promise.all(Array.from({ length: way.attempts }, () => guess(way, wrong, from)));
  const left = new Set(guesses.map(({ error }) => error?.attemptsRemaining));
  expect(left).toEqual(new Set(Array.from({ length: way.attempts }, (_, at) => at)));
  expect(await guess(way, wrong, from)).toMatchObject({ status: 429, reason: "TOO_MANY_ATTEMPTS" });
  return Promise.all(guesses.map(ruleBehind));
}

/**
 * What an hour lets through in each of these ways: five codes, the first of them guessed at, then the cap.
 * @returns the rules that the guesses met, way by way
 */
async function exhaustAnHour(all: Way[], guessed = 5): Promise<Set<string | null>[]> {
  const met = all.map(() => new Set<string | null>());
  await later(3600);
  for (let code = 0; code < 5; code += 1) {
    await Promise.all(
      all.map(async (way, at) => {
        const from = stranger();
        expect(await ask(way, from)).toMatchObject({ status: 200 });
        if (code < guessed) for (const rule of await guessAway(way, from)) met[at]?.add(rule);
        if (code === 0) expect(await ask(way)).toMatchObject({ status: 429, reason: "COOLDOWN" });
      }),
    );
    await later(61);
    expect(await open.ask("account.me")).toMatchObject({ data: { email } });
  }
  for (const way of all) expect(await ask(way)).toMatchObject({ status: 429, reason: "RATE_LIMITED" });
  return met;
}

/** What of an account is nobody's but its owner's: all but its times, the mark of a lock, and the link in the mailbox. */
async function belongings() {
  const [row] =
    await db().execute(sql`select to_jsonb(users) - '{locked_until,codes_closed_until,reset_token,reset_token_expiry}'::text[]
    - '{created_at,updated_at,last_login_at}'::text[] as kept from users`);
  const devices = await db().execute(sql`select secret_hash from known_devices order by 1`);
  const sessions = await db().execute(sql`select secret_hash from sessions order by 1`);
  return { ...row, devices: [...devices], sessions: [...sessions] };
}

/** A sign-in with a code, from asking to the session. */
async function byCode(way: Way, from: Browser) {
  expect(await ask(way, from)).toMatchObject({ status: 200 });
  return guess(way, (await queuedCode(way.identifier)) ?? "", from);
}

/** A new password by a token, and in with it. */
async function setPassword(resetToken: unknown, from: Browser) {
  const newPassword = `green heron ${randomBytes(6).toString("hex")}`;
  expect(await from.call("passwordReset.reset", { resetToken, newPassword })).toMatchObject({ data: { ok: true } });
  expect(await byPassword(email, newPassword, from)).toMatchObject({ data: { next: "account" } });
  return newPassword;
}

const linkInMailbox = async () => {
  const message = await queuedMessage(email);
  return message?.template === "reset-link" ? message.props.token : null;
};

describe("a stranger who trips every limit there is for one person (THR-10, THR-01, REC-02)", () => {
  let before: Awaited<ReturnType<typeof belongings>>;
  let token: string | null = null;
  let password = PASSWORD;

  beforeAll(async () => {
    const row = { email, phoneNumber: phone, phoneVerified: true, password: await hashPassword(PASSWORD, nobody) };
    await account("live", row);
    for (const own of [open, device])
      expect(await byPassword(email, PASSWORD, own)).toMatchObject({ data: { next: "account" } });
    await device.call("signIn.signOut");
    before = await belongings();
  });

  test("reaches the hundred wrong codes in a row, by resets and sign-ins together: days later the right one opens nothing", async () => {
    for (let day = 0; day < 5; day += 1) {
      // Ten an hour, twenty a day for each purpose.
      for (const way of [wayIn, wayIn, ways["reset by email"]]) await exhaustAnHour([way]);
      await later(25 * 3600);
    }
    for (const way of [wayIn, ways["reset by email"]]) {
      const from = stranger();
      expect(await ask(way, from)).toMatchObject({ status: 200 });
      const tried = await guess(way, (await queuedCode(email)) ?? "", from);
      expect(tried).toMatchObject({ reason: "INVALID_CODE", error: { attemptsRemaining: way.attempts - 1 } });
      expect(await ruleBehind(tried)).toBe("guesses in a row");
    }
  });

  test("reaches each cooldown, each cap and each day's budget", async () => {
    for (const met of await exhaustAnHour(Object.values(ways))) expect(met).toContain("locked out");
    await exhaustAnHour([wayIn, ways["sign-in by SMS"], ways["reset by SMS"]], 2);
    // Twenty-one or more by now, and none of this hour's ten failures that lock: only the day's budget is in the way.
    for (const met of await exhaustAnHour(Object.values(ways), 1)) expect(met).toEqual(new Set(["guess budget"]));
    // Sign-up shares the pot of codes with sign-in.
    const signUp = await stranger().call("signUp.requestCode", { identifier: email });
    expect(await ruleBehind(signUp)).toBe("codes an hour");
  });

  test("reaches the limits of text messages to the number's block", async () => {
    const neighbour = { identifier: `${phone.slice(0, 8)}${phone.endsWith("0000") ? "0001" : "0000"}` };
    const many = await stranger().call("signUp.requestCode", neighbour);
    expect([many.status, await ruleBehind(many)]).toEqual([429, "text messages to one block"]);
    // As if a worker had sent them all. Codes to sign in with are sent to some numbers alone, and held against no block.
    await db().execute(sql`update otp_verifications set sent_at = created_at`);
    await later(901);
    expect(await ruleBehind(await stranger().call("signUp.requestCode", neighbour))).toBe("text messages to one block");
    // Sign-ups are, whoever has the numbers.
    await db().execute(sql`insert into otp_verifications (phone, purpose, channel, created_at, expires_at, sent_at)
      select to_number, 'sign-up', 'sms', now() - interval '10 minutes', now() - interval '5 minutes', now()
      from generate_series(1000, 1019) n, concat(${phone.slice(0, 8)}::text, n) to_number where to_number <> ${phone}
      union all select ${phone.slice(0, 8)}::text || '1020', 'sign-up', 'sms', now() - interval '10 minutes', now() - interval '5 minutes', now()`);
    const unverified = await stranger().call("signUp.requestCode", neighbour);
    expect([unverified.status, await ruleBehind(unverified)]).toEqual([429, "a block that verifies nothing"]);
  });

  test("reaches the lock by passwords, and the wait between two links", async () => {
    for (const identifier of [email, phone]) {
      const tries = await Promise.all(Array.from({ length: 10 }, () => byPassword(identifier, "wrong wrong wrong")));
      expect(tries.every(({ reason }) => reason === "INVALID_CREDENTIALS")).toBe(true);
      // The right one, from a stranger: nothing is compared any more.
      const right = await byPassword(identifier, PASSWORD);
      expect([right.reason, await ruleBehind(right)]).toEqual(["INVALID_CREDENTIALS", "locked out"]);
    }
    expect(await db().$count(lockouts, gt(lockouts.lockedUntil, sql`now()`))).toBe(2);
    expect(await stranger().call("passwordReset.requestLink", { email })).toMatchObject({ status: 200 });
    expect(await stranger().call("passwordReset.requestLink", { email })).toMatchObject({ reason: "COOLDOWN" });
    token = await linkInMailbox();
    for (const way of Object.values(ways)) expect(await ask(way)).toMatchObject({ reason: "RATE_LIMITED" });
  });

  test("changes nothing of the account, and ends no session of it", async () => {
    expect(await belongings()).toEqual(before);
    expect(await open.ask("account.me")).toMatchObject({ data: { email, phoneNumber: phone } });
  });

  test("leaves the owner the link of the notice, on a browser that was unknown", async () => {
    const [notice] = await db().select().from(deliveries).where(eq(deliveries.template, "codes-closed"));
    const message = notice?.sealed ? openMessage(notice.sealed, notice) : null;
    const token = message?.template === "codes-closed" ? message.props.token : "";
    const elsewhere = stranger();
    // It works for a day: here more have passed, and it is made young again.
    await db().execute(sql`update device_links set expires_at = now() + interval '1 hour'`);
    expect(await elsewhere.call("signIn.redeemDeviceLink", { token })).toMatchObject({ data: { ok: true } });
    expect(await elsewhere.call("signIn.redeemDeviceLink", { token })).toMatchObject({ reason: "INVALID_TOKEN" });
    expect(await elsewhere.ask("account.me")).toMatchObject({ data: null });
    // In its own share, while the strangers' is used up and locked.
    expect(await byCode(wayIn, elsewhere)).toMatchObject({ data: { next: "account" } });
  });

  test.each([
    ["address", email],
    ["number", phone],
  ])("leaves the owner's known device every way in by its %s", async (_what, identifier) => {
    expect(await byPassword(identifier, PASSWORD, device)).toMatchObject({ data: { next: "account" } });
    const way = identifier === email ? wayIn : ways["sign-in by SMS"];
    expect(await byCode(way, device)).toMatchObject({ data: { next: "account" } });
    expect(await open.ask("account.me")).toMatchObject({ data: { email } });
  });

  test("has only put a good link into the owner's mailbox, which works", async () => {
    expect(await device.call("passwordReset.requestLink", { email })).toMatchObject({ reason: "COOLDOWN" });
    password = await setPassword(token, device);
  });

  test.each([
    ["email", "reset by email"],
    ["SMS", "reset by SMS"],
  ] as const)("leaves the known device the reset by %s", async (_what, way) => {
    const earned = await byCode(ways[way], device);
    password = await setPassword(earned.data?.resetToken, device);
  });

  test("leaves the owner on an unknown device the link, and that browser is known from then on", async () => {
    const elsewhere = stranger();
    expect(await byPassword(email, password, elsewhere)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(await ask(wayIn, elsewhere)).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await elsewhere.call("passwordReset.requestLink", { email })).toMatchObject({ status: 200 });
    password = await setPassword(await linkInMailbox(), elsewhere);
    expect(await byCode(wayIn, elsewhere)).toMatchObject({ data: { next: "account" } });
    // The strangers' share is as it was.
    expect(await byPassword(email, password)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(await ask(wayIn)).toMatchObject({ reason: "RATE_LIMITED" });
  });
});

test("text messages that are used up are told to everybody, from the next full ten minutes on (THR-08)", async () => {
  // Who waits for a code by text message reads it as well as who is about to ask for one.
  const waiting = stranger();
  expect(await waiting.call("signUp.requestCode", { identifier: freshPhone() })).toMatchObject({ status: 200 });
  const paused = async () =>
    Promise.all(
      ["/signup", "/signin", "/forgot-password", "/signup/verify"].map(async (path) =>
        (await waiting.go(path)).body.includes("Text messages are paused until 00:00 UTC."),
      ),
    );
  const usedUp = (seconds: number) =>
    db().execute(sql`insert into limit_windows (key, hits) values ('sms-day ' || (now() at time zone 'UTC')::date,
        jsonb_build_object('day', 750, 'kept', 0, 'full', floor(extract(epoch from now()))::int - ${seconds}::int))
      on conflict (key) do update set hits = excluded.hits`);
  // The full ten minutes after that moment are to come, whenever this runs.
  await usedUp(-600);
  expect(await paused()).toEqual([false, false, false, false]);
  await usedUp(600);
  expect(await paused()).toEqual([true, true, true, true]);
});
