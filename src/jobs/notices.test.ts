import { randomInt } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { JobHelpers } from "graphile-worker";
import { beforeEach, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { readPanel, snapshotAll } from "@/analytics/snapshots";
import { db } from "@/db/client";
import { deliveries } from "@/db/schema/deliveries";
import { env } from "@/env";
import { requestCode, signInByPassword } from "@/flows/sign-in";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, identifierOf, phoneAccount } from "@/testing/people";
import { deliverJob } from "./deliver";

/*
 * Notices by text message cost as much as codes. An account holder can cause any number of them: each sign-in without
 * a device cookie sends one (THR-08).
 */
testDatabase();
cheapHashing();
process.env.SMS_BLOCK_HOURLY = "3";
process.env.SMS_DAILY_MAX = "5"; // strangers may use 3 of them

const PASSWORD = "blue otter lamp chair";
const numberOf = (block: string) => `${block}${String(randomInt(10_000)).padStart(4, "0")}`;

beforeEach(async () => {
  await db().execute(sql`delete from limit_windows`);
});

/** An account with a number and a password, whose owner has signed in before. */
async function someone(block: string, row: Parameters<typeof phoneAccount>[0] = {}) {
  const password = await hashPassword(PASSWORD, stranger);
  return phoneAccount({ phoneNumber: numberOf(block), password, lastLoginAt: new Date(), ...row });
}

/** Signs in from that many unknown browsers. */
async function arrive(phone: string, times: number) {
  for (let at = 0; at < times; at += 1)
    expect(await signInByPassword(identifierOf(phone), "live", PASSWORD, browser())).toMatchObject({ ok: true });
}

/** Runs the jobs of all deliveries to this address, as the worker would. Returns the state of each delivery. */
async function work(to: string) {
  const all = db().select().from(deliveries).where(eq(deliveries.recipient, to)).orderBy(deliveries.createdAt);
  // The task reads nothing else of its helpers.
  const helpers = { job: { id: "1" }, abortSignal: undefined } as unknown as JobHelpers;
  for (const { id, state } of await all) if (state === "queued") await deliverJob({ deliveryId: id }, helpers);
  return (await all).map(({ template, state, error }) => [template, state, error].filter(Boolean).join(" "));
}

test("a block of numbers gets a limited number of notices an hour; the others wait untried (THR-08)", async () => {
  const { phone } = await someone("+1415301");
  await arrive(phone, 5);
  const held = "new-sign-in queued text messages to one block";
  expect(await work(phone)).toEqual([...Array(3).fill("new-sign-in sent"), held, held]);
  const waiting = await db().execute<{ minutes: number }>(sql`
    select extract(epoch from j.run_at - now())::int / 60 as minutes from graphile_worker.jobs j
    join deliveries d on j.key = 'deliver:' || d.id where d.state = 'queued' and d.recipient = ${phone}`);
  expect(waiting).toHaveLength(2);
  for (const { minutes } of waiting) expect(minutes).toBeGreaterThan(50);
  expect(await db().$count(deliveries, sql`${deliveries.recipient} = ${phone} and attempts = 0`)).toBe(2);

  // The admin sees the reason. Codes to the block have a window of their own; they need a fresh day only.
  await db().execute(sql`delete from limit_windows where key like 'sms-day %'`);
  await db().transaction((tx) => snapshotAll(tx));
  const { data } = await readPanel<{ rule: string; key: string }[]>(db(), "suspicious");
  expect(data).toContainEqual(expect.objectContaining({ rule: "text messages to one block", key: "+1415301 notices" }));
  expect(await requestCode(identifierOf(phone), "live", browser())).toMatchObject({ ok: true });

  // After an hour they are sent.
  await db().execute(sql`delete from limit_windows`);
  expect((await work(phone)).filter((told) => told !== "new-sign-in sent")).toEqual(["code sent"]);
});

test("notices by text message share the daily cap with codes and may use the reserve; mail is not capped", async () => {
  const { phone } = await someone("+1415302");
  for (const block of ["+1415303", "+1415304", "+1415305", "+1415306"]) {
    const known = await phoneAccount({ phoneNumber: numberOf(block) });
    expect(await requestCode(identifierOf(known.phone), "live", browser())).toMatchObject({ ok: true });
    // Nothing is sent to a number without an account, so the day's count stays.
    expect(await requestCode(identifierOf(numberOf(block)), "live", browser())).toMatchObject({ ok: true });
  }
  await arrive(phone, 3);
  const waits = "new-sign-in queued text messages of a day";
  expect(await work(phone)).toEqual(["new-sign-in sent", "new-sign-in sent", waits]);
  const { email } = await account("live", {
    password: await hashPassword(PASSWORD, stranger),
    lastLoginAt: new Date(),
  });
  await arrive(email, 1);
  expect(await work(email)).toEqual(["new-sign-in sent"]);
});

test("a text message that a person asked for is counted at the ask and not again at the send", async () => {
  const { phone } = await someone("+1415307");
  await requestCode(identifierOf(phone), "live", browser());
  expect(await work(phone)).toEqual(["code sent"]);
  const keys = await db().execute<{ key: string }>(sql`select key from limit_windows where key like 'sms-block %'`);
  expect(keys.map(({ key }) => key)).toEqual(["sms-block +1415307"]);
});

test("no notice goes to a number in a country that is no longer served; mail to the same person is sent (THR-08)", async () => {
  const phone = numberOf("+1415308");
  const password = await hashPassword(PASSWORD, stranger);
  const lastLoginAt = new Date();
  const { email } = await account("live", { password, lastLoginAt, phoneNumber: phone, phoneVerified: true });
  await arrive(email, 1);
  const { smsCountries } = env();
  env().smsCountries = ["DE"];
  try {
    await arrive(email, 1);
  } finally {
    env().smsCountries = smsCountries;
  }
  expect([await work(email), await work(phone)]).toEqual([Array(2).fill("new-sign-in sent"), ["new-sign-in sent"]]);
});
