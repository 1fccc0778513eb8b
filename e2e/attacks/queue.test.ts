import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { isLong } from "@/testing/long";
import { freshEmail } from "@/testing/people";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { stage } from "./stage";

/*
 * The worker has five hands. Behind one target and four asks of their own an attacker's next mail waits for a hand: when
 * it arrives tells how long the target's message took. Asked first, the target's hand is the first that is free again.
 */

/**
 * The share of pairs in which the mail comes later behind an account (the AUC of a pair) is one half where there is
 * nothing to tell, with a standard error of 1 / (2 √pairs).
 * - long: 200 pairs, so 0.035; the share may be 0.1 from one half, as much as 2.8 standard errors. Without a leak one
 *   run in 210 goes over; a leak of 0.70 is seen in 999 of 1000.
 * - short: 7 pairs, so 0.19; only all seven alike are too many, and then 6 fresh pairs, all alike too, decide. Without a
 *   leak one run in 2,000 fails. Decoys that are dropped at once make all alike; a leak of 0.90 is seen in 25 of 100
 *   runs. The rest is for the long version.
 */
const TRIALS = isLong ? [{ ms: 400 }, { ms: 1500 }] : [{ ms: 800 }];
const PAIRS = isLong ? 200 : 7;
const AGAIN = isLong ? 0 : 6;
const LIMIT = isLong ? 0.1 : 0.45;
/** Before they count, so that the worker knows the provider. */
const WARM_UP = isLong ? 3 : 1;
const OWN_ASKS = 4;

const resend = await startResendStandIn();
const { visitor } = stage({
  env: {
    DELIVERY: "resend",
    RESEND_API_KEY: "re_attack",
    RESEND_BASE_URL: resend.url,
    JOBS: "on",
    IP_HOURLY_REQUESTS: "1000000",
  },
});
let used = 0;

beforeAll(async () => {
  await db().execute(sql`
    insert into users (email, name, email_verified, is_profile_complete)
    select 'active-' || i || '@example.com', 'Ada', true, true from generate_series(1, ${TRIALS.length * (PAIRS + AGAIN + WARM_UP)}::int) i`);
  await db().execute(sql`analyze users`);
  return () => resend.stop();
});

const untilHeard = (address: string) =>
  vi.waitFor(() => expect(resend.heard.get(address)).toBeDefined(), { timeout: 30_000, interval: 5 });

const jobsLeft = async () => {
  const [row] = await db().execute<{ count: number }>(
    sql`select count(*)::int as count from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier = 'deliver'`,
  );
  return row?.count;
};

/** How long the attacker's own mail takes from its ask to the provider, behind a target and four asks. Milliseconds. */
async function ownMailBehind(target: string): Promise<number> {
  const who = visitor();
  const asked = async (procedure: string, identifier: string) =>
    expect((await who.call(procedure, { identifier })).status).toBe(200);
  // The target goes ahead, and the four go at once: one after the other, on a busy machine, they take longer than the
  // provider, and then no hand is taken any more.
  await asked("signIn.requestCode", target);
  await Promise.all(Array.from({ length: OWN_ASKS }, () => asked("signUp.requestCode", freshEmail())));
  const own = freshEmail();
  const started = performance.now();
  await asked("signUp.requestCode", own);
  await untilHeard(own);
  const taken = (resend.heard.get(own) ?? Number.NaN) - started;
  while ((await jobsLeft()) !== 0) await sleep(20);
  return taken;
}

/** Measures behind an account and behind nobody, in a random order; true if behind the account the mail came later. */
async function pair(): Promise<boolean> {
  used += 1;
  const targets = [freshEmail(), `active-${used}@example.com`];
  const taken = [0, 0];
  const first = randomInt(2);
  for (const at of [first, 1 - first]) taken[at] = await ownMailBehind(targets[at] ?? "");
  if (isLong) times.push(taken);
  return (taken[1] ?? 0) > (taken[0] ?? 0);
}
let times: number[][] = [];

async function shareLater(pairs: number): Promise<number> {
  let later = 0;
  for (let at = 0; at < pairs; at += 1) if (await pair()) later += 1;
  return later / pairs;
}

describe("ENU-02: when one's own mail arrives does not tell whose came before it", () => {
  test.each(TRIALS)("a provider that takes $ms ms", { timeout: 3_600_000 }, async ({ ms }) => {
    resend.answerAfter(ms);
    for (let at = 0; at < WARM_UP; at += 1) await pair();
    times = [];
    let share = await shareLater(PAIRS);
    if (isLong) {
      const mean = (of: number) => times.reduce((sum, taken) => sum + (taken[of] ?? 0), 0) / times.length;
      console.info(`${ms} ms: later behind an account in ${share} of ${PAIRS} pairs; ${mean(1)} ms against ${mean(0)}`);
    }
    if (AGAIN > 0 && Math.abs(share - 0.5) > LIMIT) share = await shareLater(AGAIN);
    expect(Math.abs(share - 0.5), `later behind an account in ${share} of the pairs`).toBeLessThanOrEqual(LIMIT);
  });
});
