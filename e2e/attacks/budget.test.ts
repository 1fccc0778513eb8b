import { randomInt } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { openMessage } from "@/delivery/envelope";
import { isLong } from "@/testing/long";
import { account, freshEmail, freshPhone, phoneAccount } from "@/testing/people";
import { later, stage } from "./stage";

/*
 * No interleaving of asking and guessing gets more than 20 wrong guesses compared for one subject, purpose and share in
 * 24 hours, nor more than a challenge's attempts (THR-01).
 *
 * Decided: an interleaving is one request among those it races with. They are drawn from a seed, and come from 1,000 IP
 * addresses, through three processes, in rounds of 250. A round is at once, 16 at a time, on two dozen subjects at most,
 * and so hot that ten or more of its requests race for each; between two rounds a minute or more passes, so that
 * cooldowns end, caps and locks come and go. Ten rounds take about five hours, at a dozen subjects and purposes; the
 * long version has 400, at ninety.
 * What was compared is counted from outside: each guess that was charged answers with the attempts that are left, the
 * ledger holds the same number, and a right code opens as long as it may and no longer. Email resets are left out: bcrypt
 * would take the whole time, on the same path.
 */

/** How many rounds, and at how many subjects of each kind. */
const [ROUNDS, OF_EACH] = isLong ? [400, 15] : [10, 2];
/** How long the pause after a round may be, so that a day holds enough rounds to use its budget up. Seconds. */
const PAUSE = isLong ? 1200 : 3600;
const IN_A_ROUND = 250;
const AT_ONCE = 16;
const GUESSES_A_DAY = 20;
const seed = Number(process.env.ATTACK_SEED ?? randomInt(2 ** 31));

const { visitor } = stage({
  processes: 3,
  env: {
    IP_HOURLY_REQUESTS: "1000000",
    IP_HOURLY_GUESSES: "1000000",
    SMS_BLOCK_HOURLY: "1000000",
    SMS_DAILY_MAX: "1000000",
  },
});
type Browser = ReturnType<typeof visitor>;

/** A subject and a purpose, how its codes look, and the browser that asked last. */
type Target = { flow: string; purpose: string; address: string; holder: Browser | null };

const flows = {
  "sign-in by email": async () => ({ flow: "signIn", purpose: "sign-in", ...(await account("live")) }),
  "sign-in by SMS": async () => ({ flow: "signIn", purpose: "sign-in", ...(await phoneAccount()) }),
  "reset by SMS": async () => ({ flow: "passwordReset", purpose: "password-reset", ...(await phoneAccount()) }),
  "sign-up": async () => ({ flow: "signUp", purpose: "sign-up", email: freshEmail() }),
  "sign-up by SMS": async () => ({ flow: "signUp", purpose: "sign-up", phone: freshPhone() }),
  verification: async () => ({
    flow: "emailVerification",
    purpose: "verification",
    ...(await account("live", { emailVerified: false })),
  }),
};

async function targets(times: number): Promise<Target[]> {
  const made: Target[] = [];
  for (let at = 0; at < times; at += 1)
    for (const make of Object.values(flows)) {
      const { flow, purpose, ...of } = await make();
      made.push({ flow, purpose, address: "email" in of ? of.email : of.phone, holder: null });
    }
  return made;
}

const inputOf = ({ flow, address }: Target) =>
  flow === "emailVerification" ? { email: address } : { identifier: address };
const ask = (target: Target, from: Browser) => from.call(`${target.flow}.requestCode`, inputOf(target));
const guess = (target: Target, code: string, from: Browser) =>
  from.call(`${target.flow}.verifyCode`, { ...inputOf(target), code });

/** The code of a target's newest challenge, as its mailbox would show it; a decoy's is worth nothing. */
async function codeOf({ address, purpose }: Target): Promise<string | null> {
  const [row] = await db()
    .select({ delivery: deliveries })
    .from(ledger)
    .innerJoin(deliveries, eq(deliveries.id, ledger.deliveryId))
    .where(and(eq(address.includes("@") ? ledger.email : ledger.phone, address), eq(ledger.purpose, purpose)))
    .orderBy(desc(ledger.sNo))
    .limit(1);
  const sealed = row?.delivery.sealed;
  const message = sealed ? openMessage(sealed, row.delivery) : null;
  return message?.template === "code" ? message.props.code : null;
}

const operation = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant("ask" as const) },
    { weight: 12, arbitrary: fc.constant("wrong" as const) },
    { weight: 1, arbitrary: fc.constant("right" as const) },
    { weight: 1, arbitrary: fc.constant("elsewhere" as const) },
  ),
  target: fc.nat(23),
  ip: fc.nat(999),
  code: fc.nat(999_999),
});
const round = fc.record({
  first: fc.nat(OF_EACH * Object.keys(flows).length - 1),
  seconds: fc.integer({ min: 61, max: PAUSE }),
  operations: fc.array(operation, { minLength: IN_A_ROUND, maxLength: IN_A_ROUND, size: "max" }),
});

/** Runs tasks in order, so many under way at once. */
async function inTurn(tasks: (() => Promise<void>)[]): Promise<void> {
  const left = tasks.values();
  const work = async () => {
    for (const task of left) await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

type Operation = { kind: string; ip: number; code: number; at: Target };
let [charged, opened] = [0, 0];

async function run({ kind, ip, code: digits, at }: Operation): Promise<void> {
  const from = visitor({ ip: `127.4.${ip >> 8}.${ip & 255}` });
  if (kind === "ask") {
    const { status } = await ask(at, from);
    if (status === 200) at.holder = from;
    else expect(status).toBe(429);
    return;
  }
  const random = String(digits).padStart(at.purpose === "verification" ? 8 : 6, "0");
  const code = kind === "right" ? ((await codeOf(at)) ?? random) : random;
  const { status, error = {} } = await guess(at, code, kind === "elsewhere" ? from : (at.holder ?? from));
  expect([200, 400, 429]).toContain(status);
  if (status === 200) opened += 1;
  if (status === 200 || (status === 400 && "attemptsRemaining" in error)) charged += 1;
}

/** Wrong guesses of a day at each of the strangers' shares, by address. */
async function wrongToday(): Promise<Map<string, number>> {
  const rows = await db().execute<{ address: string; wrong: number }>(sql`
    select coalesce(email, phone) as address, (sum(attempts) - count(*) filter (where is_verified))::int as wrong
    from otp_verifications where device is null and created_at > now() - interval '24 hours' group by 1`);
  return new Map(rows.map(({ address, wrong }) => [address, wrong]));
}

/** Whether a stranger with the right code gets in now. */
async function opens(target: Target): Promise<boolean> {
  const from = visitor({ ip: `127.5.0.${randomInt(256)}` });
  expect(await ask(target, from)).toMatchObject({ status: 200 });
  return (await guess(target, (await codeOf(target)) ?? "000000", from)).status === 200;
}

test(`${ROUNDS * IN_A_ROUND} interleavings never compare more than a day's budget (THR-01, THR-03), seed ${seed}`, {
  timeout: isLong ? 2_400_000 : 240_000,
}, async () => {
  const all = await targets(OF_EACH);
  for (const { first, seconds, operations } of fc.sample(round, { numRuns: ROUNDS, seed })) {
    await inTurn(
      operations.flatMap((operation) => {
        const at = all[(first + operation.target) % all.length];
        return at ? [() => run({ ...operation, at })] : [];
      }),
    );
    await later(seconds);
  }

  // No strike was lost in a race, and no challenge stood more guesses than it has.
  const [sum] = await db().execute<{ strikes: number; most: number; mostOfPasscodes: number }>(sql`
    select sum(attempts)::int as strikes, max(attempts) filter (where purpose <> 'verification') as most,
      max(attempts) filter (where purpose = 'verification') as "mostOfPasscodes" from otp_verifications`);
  expect(sum?.strikes).toBeGreaterThanOrEqual(charged);
  expect(sum).toMatchObject({ most: 3, mostOfPasscodes: 5 });
  // Whatever code opened was one of the first twenty that were compared in its 24 hours. Guesses at that very challenge
  // do not count here: of those at the same moment some came later, and were charged without being compared.
  const beyond = await db().execute(sql`
    select v.s_no, w.wrong from otp_verifications v cross join lateral (
      select coalesce(sum(o.attempts) - count(*) filter (where o.is_verified), 0) as wrong
      from otp_verifications o where coalesce(o.email, o.phone) = coalesce(v.email, v.phone) and o.purpose = v.purpose
        and o.device is not distinct from v.device and o.s_no < v.s_no and o.created_at > v.verified_at - interval '24 hours') w
    where v.is_verified and w.wrong >= ${GUESSES_A_DAY}`);
  expect([...beyond]).toEqual([]);
  expect(opened).toBeGreaterThan(isLong ? 50 : 3);

  // Once the cap and every lock are over, only the budget stands between the right code and its proof.
  await later(3601);
  const wrong = await wrongToday();
  const spent = all.filter(({ address }) => (wrong.get(address) ?? 0) >= GUESSES_A_DAY);
  expect(spent.length).toBeGreaterThan(all.length / 6);
  for (const target of spent) expect([target, await opens(target)]).toEqual([target, false]);
  // And a day later, of those whose account was there all along, every one opens again: it was the budget.
  const resets = spent.filter(({ flow }) => flow === "passwordReset");
  expect(resets.length).toBeGreaterThan(0);
  await later(26 * 3600);
  for (const target of resets) expect([target, await opens(target)]).toEqual([target, true]);
});
