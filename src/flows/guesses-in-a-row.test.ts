import { randomUUID } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { findById } from "@/accounts/accounts";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { deliveries } from "@/db/schema/deliveries";
import { openMessage } from "@/delivery/envelope";
import { chargeFailure, GUESSES_IN_A_ROW } from "@/limits/lockout";
import * as codes from "@/otp/code";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import {
  account,
  browser,
  freshEmail,
  identifierOf,
  otherCode,
  phoneAccount,
  queuedCode,
  queuedMessage,
} from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { HungUp } from "@/turns";
import { unlock } from "./admin";
import type { AskingCaller } from "./caller";
import { knowThisDevice } from "./device-link";
import * as emailVerification from "./email-verification";
import * as passwordReset from "./password-reset";
import { requestCode as requestPasscode } from "./registration";
import * as signIn from "./sign-in";
import * as signUp from "./sign-up";

/*
 * A hundred wrong codes in a row, over all purposes that open an account, close its codes to strangers.
 */
testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

const person = (row: Parameters<typeof account>[1] = {}) => account("live", { password: passwordHash, ...row });

/** Asks for a code of a purpose and guesses, by default as a stranger. */
const flows = {
  "sign-in": { ask: signIn.requestCode, verify: signIn.verifyCode },
  "sign-up": { ask: signUp.requestCode, verify: signUp.verifyCode },
  "password-reset": { ask: passwordReset.requestCode, verify: passwordReset.verifyCode },
} as const;
type Purpose = keyof typeof flows;
const ask = (purpose: Purpose, address: string, from: AskingCaller) =>
  flows[purpose].ask(identifierOf(address), "live", from);
const verify = (purpose: Purpose, address: string, code: string, from: AskingCaller) =>
  flows[purpose].verify(identifierOf(address), "live", code, from);

/** Lets time pass: moves the times in the rows back, because PostgreSQL's clock cannot be moved. */
async function later(seconds: number): Promise<void> {
  const moved = (...columns: string[]) =>
    sql.join(
      columns.map((name) => sql`${sql.identifier(name)} = ${sql.identifier(name)} - make_interval(secs => ${seconds})`),
      sql`, `,
    );
  await db().execute(
    sql`update otp_verifications set ${moved("created_at", "expires_at", "verified_at", "superseded_at")}`,
  );
  await db().execute(sql`update lockouts set ${moved("locked_until", "told_at", "closed_at", "updated_at")},
    hits = (select coalesce(jsonb_object_agg((key::int - ${Math.floor(seconds / 60)}::int)::text, value), '{}') from jsonb_each(hits))`);
}

/** Sets the count in a row of an address's strangers, as after weeks of guesses. */
async function guessedInARow(address: string, count: number): Promise<void> {
  await db().execute(sql`update lockouts set updated_at = updated_at - interval '1 microsecond'`);
  await chargeFailure(db(), { ...identifierOf(address), accountType: "live", share: null }, { counts: true });
  await db().execute(sql`update lockouts set hits = '{}', wrong_in_a_row = ${count}::int,
    closed_at = case when ${count >= GUESSES_IN_A_ROW}::boolean then now() end
    where updated_at = (select max(updated_at) from lockouts)`);
}

/** Whether a stranger with the right code gets in now, by this purpose. */
async function opens(address: string, purpose: Purpose = "sign-in", from = browser()): Promise<boolean> {
  await later(3601);
  expect(await ask(purpose, address, from)).toMatchObject({ ok: true });
  const outcome = await verify(purpose, address, (await queuedCode(address)) ?? "", from);
  if (!outcome.ok) expect(outcome).toMatchObject({ reason: "INVALID_CODE", attemptsRemaining: expect.any(Number) });
  return outcome.ok;
}

/** One wrong guess of a stranger. */
async function guessWrong(address: string, purpose: Purpose = "sign-in") {
  await later(3601);
  const from = browser();
  await ask(purpose, address, from);
  return verify(purpose, address, otherCode((await queuedCode(address)) ?? "000000"), from);
}

const ruleOf = async () => {
  const [row] = await db().select().from(auditLog).orderBy(desc(auditLog.sNo)).limit(1);
  return row?.reason;
};
const notices = (address: string, decoy = false) =>
  db()
    .select()
    .from(deliveries)
    .where(
      and(eq(deliveries.recipient, address), eq(deliveries.template, "codes-closed"), eq(deliveries.decoy, decoy)),
    );
const closedUntil = async (id: string) => (await findById(db(), "live", id))?.codesClosedUntil ?? null;

describe("the limit of a hundred wrong codes in a row (THR-01)", () => {
  test("compares a hundred of three hundred wrong reset guesses over weeks, and then refuses the right code", async () => {
    const { id, email } = await person();
    const compared = vi.spyOn(codes, "codeMatches");
    for (let day = 0; day < 15; day += 1) {
      // Twenty guesses a day and ten an hour: as many as budget and lockout allow.
      for (let code = 0; code < 4; code += 1) {
        await later(code % 2 === 0 ? 3601 : 61);
        const from = browser();
        expect(await ask("password-reset", email, from)).toMatchObject({ ok: true });
        const wrong = otherCode((await queuedCode(email)) ?? "");
        for (let left = 4; left >= 0; left -= 1)
          expect(await verify("password-reset", email, wrong, from)).toEqual({
            ok: false,
            reason: "INVALID_CODE",
            attemptsRemaining: left,
          });
      }
      await later(26 * 3600);
    }
    expect(compared.mock.calls.filter(([, digest]) => digest !== null)).toHaveLength(100);
    compared.mockRestore();
    expect(await opens(email, "password-reset")).toBe(false);
    expect(await ruleOf()).toBe("guesses in a row");
    expect(await notices(email)).toHaveLength(1);
    expect(await closedUntil(id)).not.toBeNull();
  });

  test("counts all purposes together, and closes all of them to strangers", async () => {
    const { email } = await person();
    await guessedInARow(email, 97);
    for (const purpose of ["password-reset", "sign-in", "sign-up"] as const) await guessWrong(email, purpose);
    for (const purpose of ["password-reset", "sign-in"] as const)
      expect([purpose, await opens(email, purpose)]).toEqual([purpose, false]);
  });

  test("closes sign-up codes and passcodes at an address without an account", async () => {
    const email = freshEmail();
    await guessedInARow(email, 100);
    expect(await opens(email, "sign-up")).toBe(false);
    const { email: unproven } = await person({ emailVerified: false });
    await guessedInARow(unproven, 100);
    const from = browser();
    await requestPasscode(unproven, from);
    const outcome = await emailVerification.verifyCode(unproven, (await queuedCode(unproven)) ?? "", from);
    expect(outcome).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining: 4 });
  });

  test("does not concern a known device, and does not count its wrong codes", async () => {
    const { id, email } = await person();
    await guessedInARow(email, 99);
    const device = { ...(await signedIn({ accountType: "live", id })), session: null };
    await later(3601);
    await ask("sign-in", email, device);
    const code = (await queuedCode(email)) ?? "";
    expect(await verify("sign-in", email, otherCode(code), device)).toMatchObject({ ok: false });
    await guessWrong(email);
    expect(await opens(email)).toBe(false);
    expect(await opens(email, "sign-in", { ...device, browser: randomUUID() })).toBe(true);
  });

  test("does not count guesses that the day's budget kept from comparison", async () => {
    const { email } = await person();
    await guessedInARow(email, 98);
    await db().execute(sql`insert into otp_verifications (email, purpose, channel, attempts, created_at, expires_at)
      select ${email}, 'sign-in', 'email', 1, now() - interval '2 hours', now() from generate_series(1, 25)`);
    for (let at = 0; at < 3; at += 1) await guessWrong(email);
    expect(await ruleOf()).toBe("guess budget");
    await later(30 * 3600);
    expect(await opens(email)).toBe(true);
  });

  test("counts guesses whose client hung up before the comparison, and the owner is told of the last one", async () => {
    const { email } = await person();
    await guessedInARow(email, 99);
    const from = browser();
    await ask("sign-in", email, from);
    vi.spyOn(codes, "codeMatches").mockRejectedValueOnce(new HungUp());
    await expect(verify("sign-in", email, (await queuedCode(email)) ?? "", from)).rejects.toThrow(HungUp);
    expect(await notices(email)).toHaveLength(1);
    expect(await opens(email)).toBe(false);
  });

  test("ends thirty days later", async () => {
    const { email } = await person();
    await guessedInARow(email, 100);
    await later(30 * 24 * 3600 - 3700);
    expect(await opens(email)).toBe(false);
    await later(3600);
    expect(await opens(email)).toBe(true);
  });
});

describe("THR-10: closed codes are opened by", () => {
  /** An account whose codes are closed, and its known device. */
  async function closed(row: Parameters<typeof account>[1] = {}) {
    const { id, email } = await person(row);
    await guessedInARow(email, 99);
    await guessWrong(email);
    expect(await closedUntil(id)).not.toBeNull();
    expect(await opens(email)).toBe(false);
    const device = { ...(await signedIn({ accountType: "live", id })), session: null };
    return { id, email, device };
  }
  const isOpen = async ({ id, email }: { id: string; email: string }) => {
    expect(await closedUntil(id)).toBeNull();
    return opens(email);
  };

  test.each(["sign-in", "password-reset"] as const)("a success by code on a known device (%s)", async (purpose) => {
    const target = await closed();
    expect(await opens(target.email, purpose, target.device)).toBe(true);
    expect(await isOpen(target)).toBe(true);
  });

  test("a sign-in by password, on any device", async () => {
    for (const known of [true, false]) {
      const target = await closed();
      const from = known ? target.device : browser();
      expect(await signIn.signInByPassword(identifierOf(target.email), "live", PASSWORD, from)).toMatchObject({
        ok: true,
      });
      expect(await isOpen(target)).toBe(true);
    }
  });

  test("a reset link", async () => {
    const target = await closed();
    await passwordReset.requestLink(target.email, "live", browser());
    const message = await queuedMessage(target.email);
    const token = message?.template === "reset-link" ? message.props.token : "";
    expect(await passwordReset.reset(token, "green heron window soup", {}, browser())).toMatchObject({ ok: true });
    expect(await isOpen(target)).toBe(true);
  });

  test("a verification link", async () => {
    const { email } = await person({ emailVerified: false });
    await guessedInARow(email, 100);
    await emailVerification.requestLink(email, browser());
    const message = await queuedMessage(email);
    const token = message?.template === "verification-link" ? message.props.token : "";
    expect(await emailVerification.confirmLink(token, browser())).toMatchObject({ ok: true });
    expect(await opens(email)).toBe(true);
  });

  test("the link of the notice", async () => {
    const target = await closed();
    const [notice] = await notices(target.email);
    const message = notice?.sealed ? openMessage(notice.sealed, notice) : null;
    const token = message?.template === "codes-closed" ? message.props.token : "";
    expect(await knowThisDevice(token, browser())).toMatchObject({ ok: true });
    expect(await isOpen(target)).toBe(true);
  });

  test("an admin or the command line", async () => {
    const target = await closed();
    expect(await unlock({ email: target.email }, { kind: "operator" })).toMatchObject({ ok: true });
    expect(await isOpen(target)).toBe(true);
  });
});

describe("the owner is told when codes close", () => {
  test("once, by mail with a link; guesses after the hundredth send nothing", async () => {
    const { id, email } = await person();
    await guessedInARow(email, 99);
    for (let at = 0; at < 3; at += 1) await guessWrong(email);
    const [notice, ...more] = await notices(email);
    expect(more).toEqual([]);
    expect(notice?.sealed && openMessage(notice.sealed, notice)).toMatchObject({
      template: "codes-closed",
      props: { accountType: "live", token: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(await db().$count(auditLog, and(eq(auditLog.accountId, id), eq(auditLog.action, "guesses.close")))).toBe(1);
  });

  test("by one message if the same failure locks and closes, the message about the closing", async () => {
    const { email } = await person();
    await guessedInARow(email, 99);
    for (let at = 0; at < 9; at += 1) await signIn.signInByPassword(identifierOf(email), "live", "wrong", browser());
    const from = browser();
    await ask("sign-in", email, from);
    await verify("sign-in", email, otherCode((await queuedCode(email)) ?? ""), from);
    expect(await notices(email)).toHaveLength(1);
    expect(await db().$count(deliveries, sql`recipient = ${email} and template = 'locked-out'`)).toBe(0);
  });

  test("by text message if there is only a phone, by mail if there is a mailbox", async () => {
    const { phone } = await phoneAccount();
    await guessedInARow(phone, 99);
    await guessWrong(phone);
    expect(await notices(phone)).toMatchObject([{ channel: "sms" }]);

    const both = await phoneAccount({ email: freshEmail(), emailVerified: true });
    await guessedInARow(both.phone, 99);
    await guessWrong(both.phone);
    expect(await notices(both.phone)).toEqual([]);
    const { email } = (await findById(db(), "live", both.id)) ?? {};
    expect(await notices(email ?? "")).toMatchObject([{ channel: "email" }]);
  });

  test("and an unknown address gets a decoy of the message, with the same statements and answers (ENU-02)", async () => {
    const [known, unknown] = [(await person()).email, freshEmail()];
    for (const email of [known, unknown]) await guessedInARow(email, 98);
    const run = async (email: string) => {
      await later(3601);
      const from = browser();
      await ask("sign-in", email, from);
      let answer: unknown;
      const statements = await statementsOf(async () => {
        answer = await verify("sign-in", email, "000000", from);
      });
      return { statements, answer };
    };
    await run((await person()).email); // the driver looks types up once
    for (let at = 0; at < 4; at += 1) expect(await run(unknown)).toEqual(await run(known));
    expect(await notices(unknown, true)).toHaveLength(1);
    expect(await notices(known)).toHaveLength(1);
    expect(await db().execute(sql`select 1 from device_links`)).not.toHaveLength(0);
  });
});
