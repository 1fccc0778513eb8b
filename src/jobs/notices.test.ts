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
 * Text messages that nobody asked a code by cost as much as codes, and whoever has an account brings them about at
 * will: each sign-in without a device cookie is news to its owner (THR-08).
 */
testDatabase();
cheapHashing();
process.env.SMS_BLOCK_HOURLY = "3";
process.env.SMS_DAILY_MAX = "5"; // strangers have 3 of them

const PASSWORD = "blue otter lamp chair";
const numberOf = (block: string) => `${block}${String(randomInt(10_000)).padStart(4, "0")}`;

beforeEach(async () => {
  await db().execute(sql`delete from limit_windows`);
});

/** Someone with a number and a password, who has been here before. */
async function someone(block: string, row: Parameters<typeof phoneAccount>[0] = {}) {
  const password = await hashPassword(PASSWORD, stranger);
  return phoneAccount({ phoneNumber: numberOf(block), password, lastLoginAt: new Date(), ...row });
}

/** Signs in from so many browsers that nobody knows. */
async function arrive(phone: string, times: number) {
  for (let at = 0; at < times; at += 1)
    expect(await signInByPassword(identifierOf(phone), "live", PASSWORD, browser())).toMatchObject({ ok: true });
}

/** Runs the job of each delivery to this address, as the worker would; what has become of them. */
async function work(to: string) {
  const all = db().select().from(deliveries).where(eq(deliveries.recipient, to)).orderBy(deliveries.createdAt);
  // All that the task takes of its helpers.
  const helpers = { job: { id: "1" }, abortSignal: undefined } as unknown as JobHelpers;
  for (const { id, state } of await all) if (state === "queued") await deliverJob({ deliveryId: id }, helpers);
  return (await all).map(({ template, state, error }) => [template, state, error].filter(Boolean).join(" "));
}

test("one block of numbers gets so many notices in an hour; the others wait, and are not tried (THR-08)", async () => {
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

  // The admin sees why; codes to the block have a window of their own, and of the next day.
  await db().execute(sql`delete from limit_windows where key like 'sms-day %'`);
  await db().transaction((tx) => snapshotAll(tx));
  const { data } = await readPanel<{ rule: string; key: string }[]>(db(), "suspicious");
  expect(data).toContainEqual(expect.objectContaining({ rule: "text messages to one block", key: "+1415301 notices" }));
  expect(await requestCode(identifierOf(phone), "live", browser())).toMatchObject({ ok: true });

  // An hour later they go out.
  await db().execute(sql`delete from limit_windows`);
  expect((await work(phone)).filter((told) => told !== "new-sign-in sent")).toEqual(["code sent"]);
});

test("they are of the day's most, with the codes that went out, and may use what is kept; mail goes on", async () => {
  const { phone } = await someone("+1415302");
  for (const block of ["+1415303", "+1415304", "+1415305", "+1415306"]) {
    const known = await phoneAccount({ phoneNumber: numberOf(block) });
    expect(await requestCode(identifierOf(known.phone), "live", browser())).toMatchObject({ ok: true });
    // To a number without an account nothing goes out: it takes nothing of the day.
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

test("a text message that was asked for was counted then, and is not once more", async () => {
  const { phone } = await someone("+1415307");
  await requestCode(identifierOf(phone), "live", browser());
  expect(await work(phone)).toEqual(["code sent"]);
  const keys = await db().execute<{ key: string }>(sql`select key from limit_windows where key like 'sms-block %'`);
  expect(keys.map(({ key }) => key)).toEqual(["sms-block +1415307"]);
});

test("none goes to a country that is no longer served; mail to the same person does (THR-08)", async () => {
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
