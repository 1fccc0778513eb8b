import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { closeDb, db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { drawing } from "@/testing/drawing";
import { account } from "@/testing/people";
import { dailyStats } from "./daily-stats";
import { breakdown, type Funnel, funnel } from "./funnel";
import { overview } from "./overview";
import { questionSql } from "./questions";
import { requestCounts, topUsers } from "./rankings";
import { rebuild, roll } from "./roll";
import { GROUPINGS, type Grouping } from "./sums";

/*
 * After random changes to the ledger, each panel equals its SQL, and the sums equal a rebuild's. `MODEL_SEED=7
 * MODEL_STEPS=400` runs another, longer sequence.
 */
testDatabase();

const seed = Number(process.env.MODEL_SEED ?? 1);
const draw = drawing(seed);
const below = (most: number) => Math.floor(draw() * most);
const oneOf = <T>(...values: [T, ...T[]]): T => values[below(values.length)] ?? values[0];
const iso = (time: number) => new Date(time).toISOString();
const [MINUTE, DAY] = [60_000, 86_400_000];

/** The simulated time. It begins before a midnight, and depends on the seed only. */
let now = Date.UTC(2026, 2, 28, 23) + below(3 * 3600) * 1000;
let people: [string, ...string[]] = [""];

/** PostgreSQL's `now()` is found in `story` first. Its time zone changes to summer time that night. */
beforeAll(async () => {
  const clock = "returns timestamptz stable language sql as 'select at from story.clock'";
  await db().execute(
    sql.raw(`create schema story; create table story.clock as select '${iso(now)}'::timestamptz as at;
    create function story.now() ${clock}; create function story.clock_timestamp() ${clock}`),
  );
  for (const setting of ["search_path = story, pg_catalog, public", "timezone = 'Europe/Berlin'"])
    await db().execute(
      sql.raw(`do $$ begin execute format('alter database %I set ', current_database()) || $s$${setting}$s$; end $$`),
    );
  await closeDb();
  await db().execute(sql`select watch_late_changes()`);
  const [first, ...others] = await Promise.all(Array.from({ length: 6 }, async () => (await account("live")).id));
  people = [first ?? "", ...others];
});

async function pass(milliseconds: number): Promise<void> {
  now += milliseconds;
  await db().execute(sql`update story.clock set at = ${iso(now)}`);
}

/** A time of asking: now, about to settle, at an edge, any day, sometimes in the future. */
function moment(): number {
  const back = oneOf(below(3 * MINUTE), 5 * MINUTE, 6 * MINUTE, below(10 * MINUTE), below(DAY), below(95 * DAY));
  const edge = oneOf(1, 1, 5 * MINUTE, 60 * MINUTE, DAY);
  return draw() < 0.03 ? now + below(DAY) : Math.floor((now - back) / edge) * edge;
}

const person = () => oneOf(null, ...people);
const some = () => {
  const order = sql.raw(oneOf("created_at desc", "s_no", "s_no desc"));
  return sql`s_no in (select s_no from otp_verifications where s_no % ${1 + below(9)} = 0 order by ${order} limit ${1 + below(20)})`;
};
const change = (what: ReturnType<typeof sql>) =>
  db().execute(sql`update otp_verifications set ${what} where ${some()}`);

async function ask(): Promise<void> {
  const codes = Array.from({ length: 1 + below(12) }, () => {
    const at = moment();
    const ok = draw() < 0.5;
    return sql`(${person()}::uuid, 'x', ${oneOf(null, "sign-up", "sign-in")}, ${oneOf(null, "email", "sms")},
      ${oneOf(null, "a.example", "b.example")}, ${oneOf(null, "", "US")}, ${oneOf("live", "live", "demo")}, ${iso(at)}::timestamptz,
      ${iso(at + 10 * MINUTE)}::timestamptz, ${below(5)}::int, ${ok}::bool, ${ok && draw() < 0.9 ? iso(at + below(300_000)) : null}::timestamptz)`;
  });
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, mail_domain, country, user_type,
    created_at, expires_at, attempts, is_verified, verified_at) values ${sql.join(codes, sql`, `)}`);
}

async function leave(): Promise<void> {
  const [gone, ...others] = people;
  await db().execute(sql`delete from users where id = ${gone}`);
  people = [(await account("live")).id, ...others.toReversed()];
}

const happenings: (() => Promise<unknown>)[] = [
  ask,
  ask,
  () => change(sql`is_verified = true, verified_at = now(), attempts = attempts + 1`),
  () => change(sql`superseded_at = now(), sent_at = ${oneOf(null, iso(now))}, attempts = ${below(5)}`),
  () => change(sql`user_id = ${person()}, purpose = ${oneOf(null, "sign-up")}`),
  () => change(sql`created_at = ${iso(moment())}`),
  () => change(sql`user_id = null, mail_domain = null`),
  () => db().execute(sql`update otp_verifications set mail_domain = null where mail_domain = 'a.example'`),
  () => db().execute(sql`delete from otp_verifications where ${some()}`),
  leave,
  () => pass(oneOf(5 * MINUTE, below(20 * MINUTE), below(DAY), below(8 * DAY))),
  () => rebuild(db()),
];

/** Runs a panel's SQL. Large numbers come as text. */
async function byHand(panel: Parameters<typeof questionSql>[0], more: object = {}): Promise<unknown[][]> {
  const range = { from: new Date(now - DAY), to: new Date(now) };
  const usual = { ...range, days: 7, hours: 24, limit: 100, minAttempts: 3, by: "purpose" } as const;
  const rows = await db().execute<Record<string, unknown>>(sql.raw(questionSql(panel, { ...usual, ...more })));
  const numbered = (value: unknown) => (/^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value) : value);
  return rows.map((row) => Object.values(row).map(numbered));
}

async function checkPanels(): Promise<void> {
  const [tiles] = await byHand("overview");
  const { pendingOtps, verifiedSignupOtps } = await overview(db());
  expect([pendingOtps, verifiedSignupOtps]).toEqual([tiles?.[2], tiles?.[4]]);
  const days = await dailyStats(db(), 90);
  expect(days.map((day) => [day.date, day.totalOtps, day.verified, day.uniqueUsers, day.avgAttempts])).toEqual(
    await byHand("dailyStats", { days: 90 }),
  );
  for (const days of [7, 30, 90] as const)
    expect(
      (await topUsers(db(), days, 100)).map((row) => [row.userId, row.totalRequests, row.successful, row.avgAttempts]),
    ).toEqual((await byHand("topUsers", { days })).map(([id, , , , ...numbers]) => [id, ...numbers]));
  for (const hours of [1, 12, 24])
    expect((await requestCounts(db(), hours, 100)).map(({ userId, otpCount }) => [userId, otpCount])).toEqual(
      (await byHand("requestCounts", { hours })).map(([id, , , asked]) => [id, asked]),
    );
}

const told = ({ asked, sent, verified, conversion, wrongCodeRate, resendRate, timeToVerify: time }: Funnel) => [
  asked,
  sent,
  verified,
  conversion,
  wrongCodeRate,
  resendRate,
  time.p50Seconds,
  time.p95Seconds,
];

async function checkFunnels(): Promise<void> {
  const to = oneOf(now, now + 1, Math.ceil(now / MINUTE) * MINUTE, now + DAY, moment());
  const from = Math.min(to - 1, oneOf(moment(), moment(), now - DAY, now - 100 * DAY));
  const range = { from: new Date(from), to: new Date(to) };
  const narrowing = { purpose: oneOf(undefined, "sign-in"), accountType: oneOf(undefined, undefined, "live") };
  expect([told(await funnel(db(), range, narrowing))]).toEqual(await byHand("funnel", { ...range, ...narrowing }));
  for (const by of Object.keys(GROUPINGS) as Grouping[]) {
    const parts = await breakdown(db(), range, narrowing, by);
    expect(parts.map((part) => [part.group, ...told(part)])).toEqual(
      await byHand("breakdown", { ...range, ...narrowing, by }),
    );
  }
}

async function checkSums(): Promise<void> {
  const tables = ["otp_slots", "otp_hours", "otp_days", "otp_daily", "otp_domains", "otp_domain_days", "otp_users"];
  const contents = async () =>
    Promise.all(
      tables.map(async (name) => [...(await db().execute(sql.raw(`select t::text from ${name} t order by 1`)))]),
    );
  const held = await contents();
  await rebuild(db());
  expect(held).toEqual(await contents());
}

test(`panels and sums equal the ledger after any sequence of changes (seed ${seed})`, async () => {
  const steps = Number(process.env.MODEL_STEPS ?? 10);
  for (let step = 0; step < steps; step += 1) {
    await oneOf(ask, ...happenings)();
    // Snapshots are too old now.
    await pass(61_000);
    await checkPanels();
    await checkFunnels();
    if (draw() < 0.4) continue;
    await roll(db());
    await checkPanels();
    await checkFunnels();
    if (draw() < 0.3) await checkSums();
  }
  await roll(db());
  await checkSums();
}, 600_000);
