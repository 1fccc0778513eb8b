import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { statementsOf } from "@/testing/statements";
import { breakdown, funnel } from "./funnel";
import { rebuild, roll } from "./roll";
import { GROUPINGS, type Grouping } from "./sums";

testDatabase();

const DAY = 86_400_000;
const range = () => ({ from: new Date(Date.now() - 5 * DAY), to: new Date(Date.now() + 60_000) });
const groupings = Object.keys(GROUPINGS) as Grouping[];

/** The funnel's codes: all, then over each grouping. */
async function asked(): Promise<number[]> {
  const parts = await Promise.all(groupings.map((by) => breakdown(db(), range(), {}, by)));
  const whole = await funnel(db(), range(), {});
  return [whole.asked, ...parts.map((found) => found.reduce((sum, part) => sum + part.asked, 0))];
}
const all = (count: number) => [count, ...groupings.map(() => count)];

beforeEach(async () => {
  await db().execute(sql`delete from otp_verifications`);
  await db().execute(sql`insert into otp_verifications (email, purpose, channel, country, mail_domain, created_at)
    select 'a@ada.example', 'sign-in', 'email', 'GB', 'ada.example', now() - n * interval '1 hour' from generate_series(1, 48) n`);
  await rebuild(db());
});

test("the funnel counts late changes while no job runs", async () => {
  await db().execute(sql`delete from otp_verifications where created_at > now() - interval '9.5 hours'`);
  // Until its snapshots are too old, the funnel may lack the change.
  await db().execute(sql`update otp_snapshots set as_of = as_of - interval '61 seconds'`);
  expect(await asked()).toEqual(all(39));
  await roll(db());
  expect(await asked()).toEqual(all(39));
});

test("a code dated in the future is not counted in a range that ends before", async () => {
  await db().execute(
    sql`insert into otp_verifications (email, mail_domain, created_at) values ('b@ada.example', 'ada.example', now() + interval '2 days')`,
  );
  await roll(db());
  expect(await asked()).toEqual(all(48));
});

test("a group that lost its last code is neither shown nor kept", async () => {
  await db().execute(sql`update otp_verifications set mail_domain = null, country = 'FR'`);
  await db().execute(sql`update otp_snapshots set as_of = as_of - interval '61 seconds'`);
  for (const roundOf of [null, roll, rebuild]) {
    await roundOf?.(db());
    expect(await breakdown(db(), range(), {}, "mailDomain")).toEqual([]);
    expect(await breakdown(db(), range(), {}, "country")).toMatchObject([{ group: "FR", asked: 48 }]);
  }
  await db().execute(sql`delete from otp_verifications`);
  await roll(db());
  const tables = ["otp_slots", "otp_hours", "otp_days", "otp_daily", "otp_domains", "otp_domain_days"];
  for (const table of tables) expect(await db().$count(sql.identifier(table)), table).toBe(0);
});

test("mail domains are read from otp_domain_days unless a filter is set, and an undefined filter is none", async () => {
  const question = { purpose: undefined, by: "mailDomain", ...range() } as const;
  const read = async (narrowing: object) =>
    (await statementsOf(() => breakdown(db(), range(), narrowing, "mailDomain"))).join();
  expect(await read(question)).not.toMatch(/from otp_domains\b/);
  expect(await read({ ...question, purpose: "sign-in" })).toMatch(/from otp_domains\b/);
});
