import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { requestChange } from "./address-change";
import { requestLink as requestVerificationLink } from "./email-verification";
import { requestLink, requestCode as requestReset } from "./password-reset";
import { register } from "./registration";
import { requestCode as requestSignIn } from "./sign-in";
import { requestCode as requestSignUp } from "./sign-up";

testDatabase();
cheapHashing();

const known = async () => (await account("live")).email;
const unproven = async () => (await account("live", { emailVerified: false, isProfileComplete: false })).email;
const fresh = async () => freshEmail();

/** All asks that send a message: name, recipient, call. */
const asks: [string, () => Promise<string>, (address: string) => Promise<{ ok: boolean }>][] = [
  ["a sign-up code", fresh, (email) => requestSignUp(identifierOf(email), "live", browser())],
  ["a sign-up code by SMS", async () => freshPhone(), (to) => requestSignUp(identifierOf(to), "live", browser())],
  ["a notice in a code's place", known, (email) => requestSignUp(identifierOf(email), "live", browser())],
  ["a passcode", fresh, (email) => register(email, { password: "green heron lamp chair", name: null }, browser())],
  ["a sign-in code", known, (email) => requestSignIn(identifierOf(email), "live", browser())],
  ["a decoy", fresh, (email) => requestSignIn(identifierOf(email), "live", browser())],
  ["a reset code", known, (email) => requestReset(identifierOf(email), "live", browser())],
  ["a reset link", known, (email) => requestLink(email, "live", browser())],
  ["a verification link", unproven, (email) => requestVerificationLink(email, browser())],
  [
    "a change of address",
    fresh,
    async (email) => {
      const { id } = await account("live");
      return requestChange("email-change", identifierOf(email), await signedIn({ accountType: "live", id }));
    },
  ],
];

/** The traces of an ask: its ledger row, its delivery and its job. */
async function tracesOf(address: string) {
  const [row] = await db().execute<{ asked: number; queued: number; jobs: number }>(sql`
    select (select count(*)::int from otp_verifications where ${address} in (email, phone)) as asked,
      (select count(*)::int from deliveries where recipient = ${address}) as queued,
      (select count(*)::int from deliveries d join graphile_worker.jobs j on j.key = 'deliver:' || d.id where recipient = ${address}) as jobs`);
  return row;
}

const jobs = async () => (await db().execute(sql`select id from graphile_worker.jobs`)).length;

beforeAll(async () => {
  await db().execute(
    sql`create function fail() returns trigger language plpgsql as 'begin raise exception ''no''; end'`,
  );
});

async function whileFailing(trigger: string, run: () => Promise<void>): Promise<void> {
  await db().execute(sql.raw(trigger));
  try {
    await run();
  } finally {
    await db().execute(sql`drop trigger if exists failing on otp_verifications`);
    await db().execute(sql`drop trigger if exists failing on deliveries`);
  }
}

describe.each(asks)("DEL-01: %s", (_what, whose, ask) => {
  test("is queued when the ask commits", async () => {
    const address = await whose();
    expect(await ask(address)).toMatchObject({ ok: true });
    expect(await tracesOf(address)).toEqual({ asked: 1, queued: 1, jobs: 1 });
  });

  test("is not queued when the commit of the ask fails", async () => {
    const address = await whose();
    const before = await jobs();
    // The fault comes at the commit, after everything is written.
    const atCommit = `create constraint trigger failing after insert on otp_verifications
      deferrable initially deferred for each row execute function fail()`;
    await whileFailing(atCommit, async () => {
      await expect(ask(address)).rejects.toThrow();
    });
    expect(await tracesOf(address)).toEqual({ asked: 0, queued: 0, jobs: 0 });
    expect(await jobs()).toBe(before);
  });

  test("undoes the ask if it cannot be queued", async () => {
    const address = await whose();
    const whenQueued = "create trigger failing before insert on deliveries for each row execute function fail()";
    await whileFailing(whenQueued, async () => {
      await expect(ask(address)).rejects.toThrow();
    });
    expect(await tracesOf(address)).toEqual({ asked: 0, queued: 0, jobs: 0 });
  });
});
