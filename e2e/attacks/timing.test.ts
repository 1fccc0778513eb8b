import { randomInt } from "node:crypto";
import { pathToFileURL } from "node:url";
import { hash } from "@node-rs/bcrypt";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { freePort, isReady, stage, startApp, type Visitor } from "./stage";

const isLong = process.env.ATTACK === "long";
/** How often the two are asked side by side, and how far from one half the share may be in which one is slower. */
const PAIRS = isLong ? 2000 : 200;
const LIMIT = isLong ? 0.05 : 0.1;
/**
 * A round may go over the limit by chance: at 200 pairs one in 200 does where there is nothing to tell. Only a leak is
 * over it in each of three.
 */
const ROUNDS = 3;
/** Pairs that are measured at once: the app waits for its beat most of the time. */
const LANES = 4;

// bcrypt at full cost would drown all else in noise, and take minutes: here everyone's, and nobody's, has this one.
// That nobody's hash has the cost of everyone's is proven beside it, in src/accounts/passwords.test.ts.
const COST = 6;
const env = {
  NODE_OPTIONS: `--import ${pathToFileURL("e2e/attacks/cheap-bcrypt.mjs").href}`,
  BCRYPT_COST: String(COST),
  IP_HOURLY_REQUESTS: "1000000",
  IP_HOURLY_GUESSES: "1000000",
};
const { url, apps, visitor } = stage({ env });

/** Each pair has addresses of its own, so that neither cooldown nor cap ever answers in the flow's place. */
const ADDRESSES = (PAIRS + 30) * ROUNDS * 12;
const addressOf = (kind: string, at: number) => `${kind}-${String(at).padStart(6, "0")}@example.com`;
let used = 0;

beforeAll(async () => {
  const password = await hash("blue otter lamp chair", COST);
  await db().execute(sql`
    insert into users (email, password, name, email_verified, is_profile_complete)
    select kind || '-' || lpad(i::text, 6, '0') || '@example.com', ${password}, 'Ada', kind = 'active', kind = 'active'
    from generate_series(1, ${ADDRESSES}::int) i, unnest(array['active', 'claims']) kind`);
  await db().execute(sql`analyze users`);
}, 60_000);

type Flow = {
  flow: string;
  ask: string;
  /** What is measured where it is not the ask itself: then the ask goes before it. */
  check?: string;
  /** So many checks follow one ask, fewer than would use its attempts up. */
  checks?: number;
  named?: "identifier" | "email";
  more?: Record<string, string>;
  /** Who is compared with an unknown address: by default an active account. */
  known?: "active" | "claims";
};

const wrongCode = { code: "000000" };
const flows: Flow[] = [
  { flow: "sign-up, asking", ask: "signUp.requestCode" },
  { flow: "sign-in, asking", ask: "signIn.requestCode" },
  { flow: "sign-in, checking", ask: "signIn.requestCode", check: "signIn.verifyCode", checks: 2, more: wrongCode },
  { flow: "password reset, asking", ask: "passwordReset.requestCode" },
  {
    flow: "password reset, checking",
    ask: "passwordReset.requestCode",
    check: "passwordReset.verifyCode",
    checks: 4,
    more: wrongCode,
  },
  { flow: "reset link", ask: "passwordReset.requestLink", named: "email" },
  { flow: "registration", ask: "signUp.register", named: "email", more: { password: "green heron lamp chair" } },
  // A proven address gets a decoy as an unknown one does; who is unproven gets the link.
  { flow: "verification link", ask: "emailVerification.requestLink", named: "email", known: "claims" },
  { flow: "password", ask: "signIn.password", more: { password: "a wrong password" } },
];

/** Measures a pair of addresses, each time in a random order; true for each time that the known one took longer. */
async function pairOf(who: Visitor, { ask, check, checks = 1, named = "identifier", more, known = "active" }: Flow) {
  used += 1;
  const addresses = [addressOf("nobody", used), addressOf(known, used)];
  if (check) for (const address of addresses) await who.call(ask, { [named]: address });
  const slower: boolean[] = [];
  for (let time = 0; time < checks; time += 1) {
    const taken = [0, 0];
    const first = randomInt(2);
    for (const at of [first, 1 - first]) {
      const answer = await who.call(check ?? ask, { [named]: addresses[at], ...more });
      if (answer.status === 429) throw new Error("a limit answered");
      taken[at] = answer.milliseconds;
    }
    slower.push((taken[1] ?? 0) > (taken[0] ?? 0));
  }
  return slower;
}

/**
 * In how many of the pairs the known address is slower: what an attacker can tell from one answer beside one of
 * nobody's (the AUC of a pair). Half of the time is nothing. Signs alone, of two answers that follow each other: neither
 * a pause for garbage nor a busy machine moves them.
 */
async function shareSlower(who: () => Visitor, flow: Flow, pairs: number): Promise<number> {
  const slower: boolean[] = [];
  const lane = async () => {
    const one = who();
    for (let at = 0; at < 5; at += 1) await pairOf(one, flow);
    while (slower.length < pairs) slower.push(...(await pairOf(one, flow)));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return slower.filter(Boolean).length / slower.length;
}

/** How far from one half the share is, in the round that tells least. */
async function leakOf(who: () => Visitor, flow: Flow, pairs = PAIRS): Promise<{ leak: number; shares: number[] }> {
  const shares: number[] = [];
  let leak = Number.POSITIVE_INFINITY;
  while (leak > LIMIT && shares.length < ROUNDS) {
    const share = await shareSlower(who, flow, pairs);
    shares.push(share);
    leak = Math.min(leak, Math.abs(share - 0.5));
  }
  if (isLong) console.info(`${flow.flow}: slower with an account in ${shares.join(", ")} of the pairs`);
  return { leak, shares };
}

const minutes = isLong ? 1_200_000 : 60_000;

describe("how long an answer takes does not tell who has an account (ENU-02)", () => {
  test.each(flows)("$flow", { timeout: minutes }, async (flow) => {
    const { leak, shares } = await leakOf(() => visitor({ app: 0 }), flow);
    expect(leak, `slower in ${shares.join(", ")}`).toBeLessThanOrEqual(LIMIT);
  });
});

// The measurement itself is put to the test: an app that leaks must fail it, in all its rounds.
describe("the same measurement tells a leak (ENU-02)", () => {
  const flowCalled = (name: string): Flow => {
    const found = flows.find(({ flow }) => flow === name);
    if (!found) throw new Error(`${name} is no flow`);
    return found;
  };

  test("nobody's hash is not worked at", { timeout: minutes }, async () => {
    const port = await freePort();
    const leaky = startApp(port, { DATABASE_URL: url, ...env, BCRYPT_NOBODY: "skip" });
    apps.push(leaky);
    await isReady(leaky);
    // About 20 ms of work, as on a fast machine much of a beat.
    const password = await hash("blue otter lamp chair", 9);
    await db().execute(sql`update users set password = ${password} where email like 'active-%'`);
    const { leak, shares } = await leakOf(() => visitor({ app: 1 }), flowCalled("password"), 100);
    expect(leak, `slower in ${shares.join(", ")}`).toBeGreaterThan(LIMIT);
  });

  test("a message that will be sent takes 15 ms more", { timeout: minutes }, async () => {
    await db().execute(sql`create function linger() returns trigger language plpgsql
      as 'begin perform pg_sleep(0.015); return new; end'`);
    await db().execute(
      sql`create trigger linger before insert on deliveries for each row when (not new.decoy) execute function linger()`,
    );
    const { leak, shares } = await leakOf(() => visitor({ app: 0 }), flowCalled("sign-in, asking"), 100);
    expect(leak, `slower in ${shares.join(", ")}`).toBeGreaterThan(LIMIT);
  });
});
