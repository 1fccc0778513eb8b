import { randomInt } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { breakdown, funnel } from "./funnel";
import { rebuild, roll } from "./roll";
import { readPanel } from "./snapshots";
import { WINDOWS } from "./windows";

testDatabase();

type Day = { date: string; totalOtps: number; verified: number; uniqueUsers: number; attempts: number };

const truth = async () =>
  db().execute<Day>(sql`select (created_at at time zone 'UTC')::date::text as "date", count(*)::int as "totalOtps",
    count(*) filter (where is_verified)::int as verified, count(distinct user_id)::int as "uniqueUsers", sum(attempts)::int as attempts
    from otp_verifications group by 1 order by 1 desc`);

const shown = async () => (await readPanel<Day[]>(db(), "daily")).data.filter(({ totalOtps }) => totalOtps > 0);

const RANKED = {
  "requests-1h": "1 hour",
  "requests-12h": "12 hours",
  "requests-24h": "24 hours",
  "top-7d": "7 days",
  "top-30d": "30 days",
  "top-90d": "90 days",
} as const;

/** Compares the panels with the ledger. */
async function checkPanels() {
  expect(await shown()).toEqual([...(await truth())]);
  for (const key of ["requests-1h", "requests-12h", "requests-24h", "top-7d", "top-30d", "top-90d"] as const) {
    const { data, asOf } = await readPanel<{ user_id: string; asked: number; verified: number; attempts: number }[]>(
      db(),
      key,
    );
    const sums = key.endsWith("h")
      ? sql`0 as verified, 0 as attempts`
      : sql`count(*) filter (where is_verified)::int as verified, sum(attempts)::int as attempts`;
    const expected = await db().execute(sql`select user_id, count(*)::int as asked, ${sums} from otp_verifications
      where user_id is not null and created_at >= ${asOf.toISOString()}::timestamptz - ${RANKED[key]}::interval
      group by 1 order by 2 desc, 1 limit 100`);
    expect(data, key).toEqual([...expected]);
  }
}

/** Checks that each table of sums, also a new one, holds the settled ledger once. */
async function checkSums() {
  const tables = await db().execute<{ name: string }>(sql`
    select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'attempts'
      and table_name ~ '^otp_' and table_name not in ('otp_verifications', 'otp_late_changes') order by 1`);
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["otp_slots", "otp_daily", "otp_domain_days"]));
  const sums = sql`sum(attempts)::int as attempts, sum(1)::int as asked, count(*) filter (where is_verified)::int as verified`;
  for (const { name } of tables) {
    const [expected] = await db().execute(sql`select ${sums} from otp_verifications
      where created_at < (select settled_to from otp_roll) and (mail_domain is not null or ${!name.includes("domain")})`);
    const [held] = await db().execute(
      sql`select sum(attempts)::int as attempts, sum(asked)::int as asked, sum(verified)::int as verified from ${sql.identifier(name)}`,
    );
    expect(held, name).toEqual(expected);
  }
}

async function check() {
  await roll(db());
  await checkPanels();
  await checkSums();
}

/** Makes ledger and sums three days older without the triggers. */
async function threeDaysPass() {
  await db().transaction(async (tx) => {
    await tx.execute(sql`set local session_replication_role = replica`);
    await tx.execute(
      sql`update otp_verifications set created_at = created_at - interval '3 days', verified_at = verified_at - interval '3 days'`,
    );
    await tx.execute(sql`update otp_snapshots set as_of = as_of - interval '3 days'`);
    await tx.execute(
      sql.raw(
        `update otp_roll set ${["settled_to", ...WINDOWS.map(({ name }) => `from_${name}`)].map((name) => `${name} = ${name} - interval '3 days'`).join(", ")}`,
      ),
    );
    // In two steps, so that no moved row meets the key of another.
    for (const days of [-1003, 1000]) {
      for (const table of ["otp_daily", "otp_days", "otp_domains", "otp_domain_days"])
        await tx.execute(sql`update ${sql.raw(table)} set day = day + ${days}::int`);
      for (const key of ["hour", "slot"])
        await tx.execute(sql.raw(`update otp_${key}s set ${key} = ${key} + make_interval(hours => ${days * 24})`));
    }
  });
}

async function checkFunnels() {
  const now = Date.now();
  const day = 86_400_000;
  const midnight = Math.floor(now / day) * day;
  const ranges = [
    ...Array.from({ length: 12 }, () => [now - randomInt(40 * day), now + 60_000 - randomInt(10 * day)]),
    ...Array.from({ length: 6 }, () => [now - randomInt(3_600_000), now + 60_000]),
    [midnight - 7 * day, midnight + day],
    [midnight - 3 * day, midnight - day],
  ];
  for (const [a = 0, b = 0] of ranges) {
    const [from, to] = [new Date(Math.min(a, b)), new Date(Math.max(a, b))];
    const [expected] = await db().execute(sql`select count(*)::int as asked, count(sent_at)::int as sent,
      count(*) filter (where is_verified)::int as verified from otp_verifications
      where created_at >= ${from.toISOString()} and created_at < ${to.toISOString()} and purpose = 'sign-in'`);
    const { asked, sent, verified } = await funnel(db(), { from, to }, { purpose: "sign-in" });
    expect({ asked, sent, verified }).toEqual(expected);
  }
}

async function checkDomains() {
  const day = 86_400_000;
  const midnight = Math.floor(Date.now() / day) * day;
  const [from, to] = [new Date(midnight - 20 * day), new Date(midnight + day)];
  for (const purpose of [undefined, "sign-in", "sign-up"]) {
    const expected = await db().execute(sql`select mail_domain as "group", count(*)::int as asked,
      count(*) filter (where is_verified)::int as verified from otp_verifications
      where mail_domain is not null and created_at >= ${from.toISOString()} and created_at < ${to.toISOString()}
        and (purpose = ${purpose ?? null} or ${purpose === undefined}) group by 1 order by 2 desc, 1`);
    const shown = await breakdown(db(), { from, to }, { purpose }, "mailDomain");
    expect(shown.map(({ group, asked, verified }) => ({ group, asked, verified }))).toEqual([...expected]);
  }
}

/** Codes of the last 40 days. */
async function ledgerOf(people: { id: string }[]) {
  const ids = sql.raw(`array[${people.map(({ id }) => `'${id}'`).join(",")}]::uuid[]`);
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, mail_domain, created_at, expires_at, attempts, is_verified, verified_at)
    select (${ids})[1 + (random() * 29)::int], 'x@example.com', (array['sign-in', 'sign-in', 'sign-up'])[1 + (random() * 2)::int], 'email', (array['example.com', 'example.org', null])[1 + (random() * 2)::int], at, at + interval '10 minutes', (random() * 3)::int, ok, case when ok then at + random() * interval '5 minutes' end
    from (select now() - random() * interval '40 days' as at, random() < 0.6 as ok from generate_series(1, 3000)) s`);
}

// Must be the first test: no round has run yet.
test("panels equal the ledger before the first round and after days without one", async () => {
  const people = await Promise.all(Array.from({ length: 30 }, () => account("live")));
  await ledgerOf(people);
  await checkPanels();
  await roll(db());
  await threeDaysPass();
  await checkPanels();
  await db().execute(
    sql`insert into otp_verifications (user_id, email, purpose, channel, attempts) select id, 'y@example.com', 'sign-in', 'email', 1 from users limit 10`,
  );
  await db().execute(
    sql`update otp_verifications set is_verified = true, verified_at = now() where s_no in (select s_no from otp_verifications where not is_verified order by created_at desc limit 200)`,
  );
  await db().execute(sql`update otp_verifications set user_id = null where user_id = ${people[0]?.id}`);
  await db().execute(sql`delete from users where id = ${people[3]?.id}`);
  await checkPanels();
  await check();
});

test("panels equal the ledger after a round, late changes, deletions and a rebuild", async () => {
  const people = await Promise.all(Array.from({ length: 30 }, () => account("live")));
  await ledgerOf(people);
  await check();
  await db().execute(
    sql`insert into otp_verifications (user_id, email, purpose, channel, attempts) select id, 'y@example.com', 'sign-in', 'email', 1 from users limit 10`,
  );
  await check();
  // Those rows settle, and the windows slide.
  await db().execute(
    sql`update otp_verifications set created_at = created_at - interval '20 minutes' where email = 'y@example.com'`,
  );
  await check();
  await db().execute(
    sql`update otp_verifications set is_verified = true, verified_at = now() where s_no in (select s_no from otp_verifications where not is_verified limit 50)`,
  );
  await check();
  await db().execute(sql`update otp_verifications set user_id = null where user_id = ${people[0]?.id}`);
  await db().execute(sql`update otp_verifications set user_id = ${people[2]?.id} where user_id = ${people[1]?.id}`);
  await db().execute(sql`delete from users where id = ${people[3]?.id}`);
  await check();
  await checkFunnels();
  await checkDomains();
  const before = await shown();
  await rebuild(db());
  expect(await shown()).toEqual(before);
  await checkSums();
  await checkFunnels();
  await checkDomains();
  await check();
});
