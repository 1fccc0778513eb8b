import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, freshEmail, otherCode, queuedCode, queuedMessage } from "@/testing/people";
import { codeAttack, expire, flows, later, PASSWORD } from "./code-attack";
import { cheapBcrypt, stage, type Visitor } from "./stage";
import { addressIn, everyWay, type Input, mailedTo, type Person, type State, statesOf, type Way } from "./states";
import { difference, type Transcript, transcript } from "./transcript";

const [GUESSES, REQUESTS] = [20, 15];
// How long an answer takes is told apart in timing.test.ts; here are its bytes.
const { visitor: anyone } = stage({
  env: {
    ...cheapBcrypt,
    IP_HOURLY_GUESSES: String(GUESSES),
    IP_HOURLY_REQUESTS: String(REQUESTS),
    // Each number is in some block, and this is about numbers.
    SMS_BLOCK_HOURLY: "1000000",
  },
});
cheapHashing();

let lastIp = 0;
/** Somebody from an address of their own, whose windows are empty. */
function visitor(): Visitor {
  lastIp += 1;
  return anyone({ ip: `127.6.${lastIp >> 8}.${lastIp & 255}` });
}

let hashed = "";
beforeAll(async () => {
  hashed = await hashPassword(PASSWORD, stranger);
  // The first answer of a page takes a second.
  for (const { page } of flows) await visitor().go(page);
});

async function personIn(state: State, way: Way, by: "identifier" | "email" = "identifier"): Promise<Person> {
  const address = await addressIn(state, way, hashed);
  const accountType: Input = way === "demo by email" ? { accountType: "demo" } : {};
  if (state === "locked") await guessPasswords({ identifier: address, ...accountType }, 10);
  return { address, state, named: { [by]: address, ...accountType } };
}

async function guessPasswords(named: Input, times: number): Promise<void> {
  const who = visitor();
  for (let at = 0; at < times; at += 1)
    expect((await who.call("signIn.password", { ...named, password: "a wrong password" })).status).toBe(401);
}

/** That an attack tells every state's transcript from an unknown address's by nothing. Returns what it is told. */
async function alike(
  way: Way,
  attack: (person: Person) => Promise<Transcript>,
  { by, within = 3 }: { by?: "identifier" | "email"; within?: number } = {},
): Promise<string[]> {
  const people = await Promise.all(statesOf(way).map((state) => personIn(state, way, by)));
  const started = performance.now();
  const transcripts = await Promise.all(people.map(attack));
  // On a busy machine one may be asked so much later than another.
  const took = (performance.now() - started) / 1000;
  const [unknown, ...others] = transcripts;
  if (!unknown) throw new Error("there are no states");
  const apart = others.map(
    (other, at) => [people[at + 1]?.state, difference(unknown, other, Math.max(within, took))] as const,
  );
  expect(apart.filter(([, what]) => what !== null)).toEqual([]);
  return unknown.told;
}

const statusesOf = (told: string[]) => told.map((text) => Number(/: (\d{3}) /.exec(text)?.[1]));
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

describe("no answer tells who has an account (ENU-01)", () => {
  const cases = flows.flatMap((flow) => flow.ways.map((way) => ({ ...flow, way })));
  test.each(cases)("$flow by code, $way", async ({ way, ...flow }) => {
    const by = flow.digits === 8 ? "email" : "identifier";
    const attempts = way === "live by phone" ? 3 : (flow.attempts ?? 3);
    const told = (await alike(way, (person) => codeAttack(person, flow, attempts, visitor), { by })).join("\n");
    // What they are all like: the attack has met each of the refusals.
    const met = ["INVALID_CODE", "TOO_MANY_ATTEMPTS", "RATE_LIMITED", "BAD_REQUEST"];
    for (const reason of [...met, ...(by === "email" ? [] : ["COOLDOWN"])])
      expect(told).toContain(`"reason":"${reason}"`);
  });

  test.each([
    { ask: "emailVerification.requestLink", way: "live by email" as const },
    { ask: "passwordReset.requestLink", way: "live by email" as const },
    { ask: "passwordReset.requestLink", way: "demo by email" as const },
  ])("$ask, $way", async ({ ask, way }) => {
    const told = await alike(
      way,
      async ({ address, named }) => {
        const { told, seconds, add } = transcript(address);
        const [one, two] = [visitor(), visitor()];
        for (const who of [one, one, two]) add("ask", await who.call(ask, named));
        for (let at = 0; at < 6; at += 1) {
          await later(address, 61);
          add(`ask again ${at}`, await one.call(ask, named));
        }
        return { told, seconds };
      },
      { by: "email" },
    );
    expect(statusesOf(told)).toEqual([200, 429, 429, ...times(6, 200)]);
  });

  test("whoever has an account is told by mail what nobody else learns", async () => {
    for (const state of statesOf("live by email")) {
      const mailed: Record<string, string | null> = {};
      for (const [name, ask, by, more] of [
        ["signUp", "signUp.requestCode", "identifier", {}],
        ["register", "signUp.register", "email", { password: PASSWORD }],
      ] as const) {
        const { address, named } = await personIn(state, "live by email", by);
        expect((await visitor().call(ask, { ...named, ...more })).status).toBe(200);
        const [row] = await db().execute<{ template: string; decoy: boolean }>(sql`
          select template, decoy from deliveries where recipient = ${address} order by created_at desc limit 1`);
        mailed[name] = row && !row.decoy ? row.template : null;
      }
      expect([state, mailed]).toEqual([state, mailedTo[state]]);
    }
  });
});

/** How far two windows of an hour that slide by the minute may be apart: a minute may have begun in between. */
const A_MINUTE = 62;

describe("limits tell nobody apart, through the point where they block (ENU-03)", () => {
  test.each(everyWay)("passwords, the right one among them, %s", async (way) => {
    const attack = async ({ address, named }: Person) => {
      const { told, seconds, add } = transcript(address);
      const who = visitor();
      const guess = async (password: string) => add("guess", await who.call("signIn.password", { ...named, password }));
      for (let at = 0; at < 11; at += 1) await guess("a wrong password");
      // Locked now, whoever it is. The IP address is not, until its hour is used up.
      for (let at = 11; at < GUESSES + 2; at += 1) await guess(PASSWORD);
      return { told, seconds };
    };
    expect(statusesOf(await alike(way, attack, { within: A_MINUTE }))).toEqual([...times(GUESSES, 401), 429, 429]);
  });

  test("codes asked for", async () => {
    const attack = async ({ address, named }: Person) => {
      const { told, seconds, add } = transcript(address);
      const who = visitor();
      for (let at = 0; at < REQUESTS + 2; at += 1) {
        add("ask", await who.call("signIn.requestCode", named));
        await later(address, 61);
      }
      return { told, seconds };
    };
    const told = await alike("live by email", attack, { within: A_MINUTE });
    expect(statusesOf(told)).toEqual([...times(5, 200), ...times(REQUESTS - 3, 429)]);
  });
});

describe("what proves nothing looks alike, whatever is wrong with it (ENU-04)", () => {
  const signIn = (who: Visitor, email: string, code: string, accountType = "live") =>
    who.call("signIn.verifyCode", { identifier: email, accountType, code });
  async function asked(who: Visitor, email: string, ask = "signIn.requestCode", accountType = "live") {
    expect((await who.call(ask, { identifier: email, accountType })).status).toBe(200);
    return (await queuedCode(email)) ?? "";
  }

  test("codes", async () => {
    const { email } = await account("live");
    await account("demo", { email });
    const { told, add } = transcript(email);
    const [never, elsewhere, wrong, other, late, used] = Array.from({ length: 6 }, visitor) as [
      // six were made
      Visitor,
      Visitor,
      Visitor,
      Visitor,
      Visitor,
      Visitor,
    ];
    const asWrong = transcript(email);
    const code = await asked(wrong, email);
    const reset = await asked(wrong, email, "passwordReset.requestCode");
    const demo = await asked(wrong, email, "signIn.requestCode", "demo");
    for (const guess of [otherCode(code), reset, demo]) asWrong.add("check", await signIn(wrong, email, guess));

    add("check", await signIn(never, email, code));
    await asked(elsewhere, freshEmail());
    add("check", await signIn(elsewhere, email, code));
    add("check", await signIn(elsewhere, freshEmail(), code));
    await later(email, 61);
    add("check", await signIn(other, email, await asked(other, email, "passwordReset.requestCode")));
    const ended = await asked(other, email);
    await later(email, 61);
    const expired = await asked(late, email);
    add("check", await signIn(other, email, ended));
    await expire(email);
    add("check", await signIn(late, email, expired));
    await later(email, 61);
    const right = await asked(used, email);
    expect((await signIn(used, email, right)).status).toBe(200);
    add("check", await signIn(used, email, right));

    expect(new Set(told).size).toBe(1);
    // Where this browser has a challenge it is told how many attempts are left, and that is all.
    const left = /,"attemptsRemaining":\d/;
    expect(asWrong.told.map((text) => left.exec(text)?.[0].at(-1))).toEqual(["2", "1", "0"]);
    expect(new Set(asWrong.told.map((text) => text.replace(left, "")))).toEqual(new Set(told));
  });

  test("links", async () => {
    const links = {
      "verification-link": {
        ask: "emailVerification.requestLink",
        redeem: (token: string) => visitor().call("emailVerification.confirmLink", { token }),
        row: { emailVerified: false, isProfileComplete: false },
      },
      "reset-link": {
        ask: "passwordReset.requestLink",
        redeem: (resetToken: string) =>
          visitor().call("passwordReset.reset", { resetToken, newPassword: "green heron lamp chair" }),
        row: {},
      },
    };
    const sent = async (link: keyof typeof links) => {
      const { email } = await account("live", links[link].row);
      expect((await visitor().call(links[link].ask, { email })).status).toBe(200);
      const message = await queuedMessage(email);
      return message && "token" in message.props ? (message.props.token ?? "") : "";
    };
    for (const [link, other] of [
      ["verification-link", "reset-link"] as const,
      ["reset-link", "verification-link"] as const,
    ]) {
      const { told, add } = transcript();
      const { redeem } = links[link];
      const [used, expired, another] = [await sent(link), await sent(link), await sent(other)];
      expect((await redeem(used)).status).toBe(200);
      await db().execute(sql`update email_verification_tokens set expires_at = now()`);
      await db().execute(sql`update users set reset_token_expiry = now() where reset_token_expiry is not null`);
      for (const token of ["A".repeat(43), "none", used, expired, another]) add("redeem", await redeem(token));
      expect([...new Set(told)]).toEqual([expect.stringContaining('"reason":"INVALID_TOKEN"')]);
    }
  });
});
