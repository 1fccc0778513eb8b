import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { db } from "@/db/client";
import { refusalCounts } from "@/db/schema/limits";
import { testDatabase } from "@/testing/database";
import { statementsOf } from "@/testing/statements";
import { countRefusal, OTHER_NETWORKS, sweepRefusalCounts } from "./refusals";

testDatabase();
beforeEach(async () => {
  await db().delete(refusalCounts);
});

const refused = { attempt: "code.check", purpose: "sign-in", rule: "attempts used up", ipAddress: "192.0.2.1" };
const count = (change: Partial<Parameters<typeof countRefusal>[1]> = {}) =>
  countRefusal(db(), { ...refused, ...change });
const rows = () => {
  const { attempt, purpose, rule, network, count: times } = refusalCounts;
  return db().select({ attempt, purpose, rule, network, count: times }).from(refusalCounts);
};
const address = (at: number) => `198.51.${100 + Math.floor(at / 250)}.${at % 250}`;

test("refusals have one row for each hour, attempt, purpose, rule and network, written by one statement (LOG-04)", async () => {
  const first = await statementsOf(() => count());
  expect(first).toHaveLength(1);
  expect(await statementsOf(() => count())).toEqual(first);
  await count({ purpose: "sign-up" });
  await count({ attempt: "session.start", purpose: null, rule: "wrong password" });
  // One household has a whole /64.
  await count({ ipAddress: "2001:db8::1" });
  await count({ ipAddress: "2001:db8::2" });
  const { ipAddress: network, ...counted } = refused;
  expect((await rows()).sort((a, b) => b.count - a.count || a.rule.localeCompare(b.rule))).toEqual([
    { ...counted, network, count: 2 },
    { ...counted, network: "2001:db8:0:0::/64", count: 2 },
    { ...counted, network, purpose: "sign-up", count: 1 },
    { attempt: "session.start", purpose: "", rule: "wrong password", network, count: 1 },
  ]);
});

test("concurrent refusals are counted exactly (LOG-04)", async () => {
  await Promise.all(Array.from({ length: 200 }, (_, at) => count({ ipAddress: address(at % 4) })));
  expect((await rows()).map(({ count: times }) => times)).toEqual([50, 50, 50, 50]);
});

test("a flood from many networks makes 101 rows, and does not hide the networks of another rule (LOG-04)", async () => {
  for (let at = 0; at < 300; at += 1) await count({ ipAddress: address(at) });
  const flood = await rows();
  expect(flood).toHaveLength(101);
  expect(flood.find(({ network }) => network === OTHER_NETWORKS)?.count).toBe(200);
  // A network keeps its row.
  await count({ ipAddress: address(7) });
  expect((await rows()).find(({ network }) => network === address(7))?.count).toBe(2);
  await count({ rule: "locked out", ipAddress: "203.0.113.9" });
  expect(await rows()).toContainEqual(
    expect.objectContaining({ rule: "locked out", network: "203.0.113.9", count: 1 }),
  );
});

test("the counts start anew each hour", async () => {
  await count();
  await db().execute(sql`update refusal_counts set hour = hour - interval '1 hour'`);
  await count();
  expect(await rows()).toHaveLength(2);
});

test("DAT-04: the sweep deletes in batches exactly the counts that are too old", async () => {
  await count();
  await db().execute(sql`insert into refusal_counts (hour, attempt, purpose, rule, network, count)
    select now() - interval '31 days', 'code.ask', '', 'cooldown', 'n' || n, 1 from generate_series(1, 1200) n`);
  expect(await sweepRefusalCounts(db(), 30)).toBe(1200);
  expect(await rows()).toHaveLength(1);
  expect(await sweepRefusalCounts(db(), 30)).toBe(0);
});
