import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, freshEmail, queuedCode } from "@/testing/people";
import { type Called, cheapBcrypt, later, stage } from "./stage";

const { visitor, restart } = stage({ processes: 3, env: cheapBcrypt });
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

const ask = (ip: string, identifier = freshEmail(), from = visitor({ ip })) =>
  from.call("signIn.requestCode", { identifier });
const many = (times: number, one: (at: number) => Promise<Called>) =>
  Promise.all(Array.from({ length: times }, (_, at) => one(at)));
const passed = (answers: Called[]) => answers.filter(({ status }) => status !== 429).length;

/** Whoever is refused is told when to come again. */
function expectPolite(answers: Called[], reasons: string[]): void {
  for (const { status, reason, error, headers } of answers.filter(({ status }) => status !== 200)) {
    expect([status, reasons]).toEqual([429, expect.arrayContaining([reason])]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(headers["retry-after"]).toBe(String(error?.retryAfterSeconds));
  }
}

describe("three processes count as one (THR-04, THR-07)", () => {
  test("200 asks at once of one IP, for an address each, let exactly the allowed number through", async () => {
    const asked = await many(200, () => ask("127.1.0.1"));
    expect(passed(asked)).toBe(30);
    expectPolite(asked, ["RATE_LIMITED"]);
  });

  test("so do 200 guesses, and each IP has its own", async () => {
    const guess = (ip: string) =>
      visitor({ ip }).call("signIn.verifyCode", { identifier: freshEmail(), code: "123456" });
    expect(passed(await many(200, () => guess("127.1.0.2")))).toBe(60);
    expect(await guess("127.1.0.3")).toMatchObject({ status: 400, reason: "INVALID_CODE" });
  });

  test("one address asked for from 100 IPs gets one code a minute, and five an hour (THR-09)", async () => {
    const victim = freshEmail();
    for (const [round, refusal] of ["COOLDOWN", "COOLDOWN", "COOLDOWN", "COOLDOWN", "RATE_LIMITED"].entries()) {
      const asked = await many(round === 0 ? 100 : 10, (at) => ask(`127.1.2.${at}`, victim));
      expect(passed(asked)).toBe(1);
      expectPolite(asked, ["COOLDOWN", refusal]);
      await later(61);
    }
    const asked = await many(10, (at) => ask(`127.1.3.${at}`, victim));
    expect(passed(asked)).toBe(0);
    expectPolite(asked, ["RATE_LIMITED"]);
  });

  test("no hour holds twice as many, whenever it begins", async () => {
    const burst = async () => passed(await many(40, () => ask("127.1.4.1")));
    expect(passed(await many(15, () => ask("127.1.4.1")))).toBe(15);
    await later(50 * 60);
    expect(await burst()).toBe(15);
    // Just before the first hour ends, and after it: only what is an hour old has left.
    await later(8 * 60);
    expect(await burst()).toBe(0);
    await later(3 * 60);
    expect(await burst()).toBe(15);
    await later(40 * 60);
    expect(await burst()).toBe(0);
  });

  test("killed and started anew, they have forgotten nothing: windows, cooldowns, attempts and locks", async () => {
    const { email } = await account("live", { password: passwordHash });
    const [ip, from] = ["127.1.5.1", visitor({ ip: "127.1.5.2" })];
    const guess = (code: string) => from.call("signIn.verifyCode", { identifier: email, code });
    const byPassword = (password: string) =>
      visitor({ ip: "127.1.5.3" }).call("signIn.password", { identifier: email, password });
    expect(passed(await many(20, () => ask(ip)))).toBe(20);
    await ask("127.1.5.2", email, from);
    const code = (await queuedCode(email)) ?? "";
    for (const left of [2, 1])
      expect(await guess(code.replaceAll(/./g, "0"))).toMatchObject({ error: { attemptsRemaining: left } });
    for (let at = 0; at < 8; at += 1) await byPassword("wrong wrong wrong");

    await restart();
    expect(passed(await many(40, () => ask(ip)))).toBe(10);
    expect(await ask("127.1.5.4", email)).toMatchObject({ reason: "COOLDOWN" });
    // Two wrong codes and eight wrong passwords were the ten of an hour.
    expect(await byPassword(PASSWORD)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(await guess(code)).toMatchObject({ error: { attemptsRemaining: 0 } });
    expect(await guess(code)).toMatchObject({ reason: "TOO_MANY_ATTEMPTS" });
  });
});

describe("twenty spellings of one address are one (THR-06)", () => {
  const locals = ["zoë", "zoe\u0308", "ZOË", "Zoe\u0308"];
  const domains = ["bücher.example", "xn--bcher-kva.example", "BU\u0308CHER.Example", "XN--BCHER-KVA.EXAMPLE"];
  const emails = locals.flatMap((local) => domains.map((domain) => `${local}@${domain}`));
  const around = [" ", "\t", "\u00a0", "\u3000"].map((space) => `${space}${emails[3]}${space}`);
  const fullWidth = "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff19\uff19";
  const numbers = ["+1 (415) 555-0199", "+14155550199", "+1-415-555-0199", "+1.415.555.0199", "+1 415/555 0199"]
    .flatMap((number) => [number, number.replace("+", "00"), ` ${number}\n`, number.replace("1", "\u200b1")])
    .concat("(+1) 415 555 0199", "+1\u00a0415\u00a0555\u00a00199", "+1\u2011415\u2011555\u20110199", fullWidth);

  test.each([
    ["email", [...emails, ...around], "zoë@xn--bcher-kva.example"],
    ["number", numbers, "+14155550199"],
  ])("of one %s: one cooldown, one cap, one code", async (_what, spellings, canonical) => {
    expect(new Set(spellings).size).toBeGreaterThanOrEqual(20);
    const asked = await many(spellings.length, (at) => ask(`127.1.6.${at}`, spellings[at]));
    expect(passed(asked)).toBe(1);
    expectPolite(asked, ["COOLDOWN"]);
    const rows = await db()
      .select({ email: ledger.email, phone: ledger.phone })
      .from(ledger)
      .where(sql`coalesce(email, phone) = ${canonical}`);
    expect(rows).toHaveLength(1);
  });

  test("ten wrong passwords in ten spellings lock it", async () => {
    const email = "zoë@xn--bcher-kva.example";
    await account("live", { email, password: passwordHash });
    const tries = (spellings: string[], password: string) =>
      many(spellings.length, (at) =>
        visitor({ ip: `127.1.7.${at}` }).call("signIn.password", { identifier: spellings[at], password }),
      );
    const admitted = async () => (await tries([email], PASSWORD))[0]?.status;
    expect(await admitted()).toBe(200);
    await tries(emails.slice(0, 10), "wrong wrong wrong");
    expect(await admitted()).toBe(401);
  });
});

describe("a limiter that cannot count lets nothing through (DEL-04)", () => {
  const counts = async () => [
    ...(await db().execute(sql`select (select count(*) from sessions) as sessions,
      (select count(*) from deliveries) as messages, (select count(*) from otp_verifications) as codes`)),
  ];
  let host = 0;

  test.each([
    [
      "limit_windows",
      [
        "signIn.password",
        "signIn.verifyCode",
        "signIn.requestCode",
        "signUp.requestCode",
        "passwordReset.requestCode",
        "passwordReset.requestLink",
        "passwordReset.reset",
      ],
    ],
    ["lockouts", ["signIn.password", "signIn.verifyCode"]],
  ])("without %s", async (table, procedures) => {
    const { email } = await account("live", { password: passwordHash });
    const owner = visitor({ ip: `127.1.8.${++host}` });
    await ask("", email, owner);
    const code = (await queuedCode(email)) ?? "";
    const inputs: Record<string, unknown> = {
      "signIn.password": { identifier: email, password: PASSWORD },
      "signIn.verifyCode": { identifier: email, code },
      "passwordReset.requestLink": { email },
      "passwordReset.reset": { resetToken: "a".repeat(43), newPassword: "green heron window soup" },
    };
    const before = await counts();
    const away = sql.identifier(`${table}_away`);
    await db().execute(sql`alter table ${sql.identifier(table)} rename to ${away}`);
    try {
      for (const procedure of procedures) {
        const answer = await owner.call(procedure, inputs[procedure] ?? { identifier: freshEmail() });
        expect([procedure, answer.status, answer.reason]).toEqual([procedure, 500, "INTERNAL"]);
        expect(answer.body).not.toMatch(/select|insert|limit_windows|lockouts/i);
      }
      // Nothing is compared, either: a wrong password is told as little.
      const wrong = { identifier: email, password: "wrong wrong wrong" };
      expect(await owner.call("signIn.password", wrong)).toMatchObject({ status: 500, reason: "INTERNAL" });
      expect(await counts()).toEqual(before);
    } finally {
      await db().execute(sql`alter table ${away} rename to ${sql.identifier(table)}`);
    }
    expect(await owner.call("signIn.verifyCode", { identifier: email, code })).toMatchObject({ status: 200 });
    expect(await owner.call("signIn.password", { identifier: email, password: PASSWORD })).toMatchObject({
      status: 200,
    });
  });
});
