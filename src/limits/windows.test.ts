import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { networkOf } from "./network";
import { takeHit } from "./windows";

testDatabase();
process.env.IP_HOURLY_REQUESTS = "7";

const fresh = () => `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::9`;
const ask = (ipAddress: string, ownAccount?: string) => takeHit(db(), "requests", { ipAddress, ownAccount });

/** Moves every hit and its minute back in time. */
const age = (minutes: number) =>
  db().execute(sql`update limit_windows set hits =
    (select jsonb_object_agg((key::int - ${minutes}::int)::text, value) from jsonb_each(hits))`);

describe("takeHit", () => {
  test("lets exactly the allowed number of concurrent hits through (THR-03, THR-04)", async () => {
    const ip = fresh();
    const waits = await Promise.all(Array.from({ length: 40 }, () => ask(ip)));
    expect(waits.filter((wait) => wait === null)).toHaveLength(7);
  });

  test("returns the wait, and slides: a hit that is an hour old no longer counts (THR-07)", async () => {
    const ip = fresh();
    for (const _ of Array(4)) await ask(ip);
    await age(30);
    for (const _ of Array(3)) expect(await ask(ip)).toBeNull();
    const wait = await ask(ip);
    expect(wait).toBeGreaterThan(28 * 60);
    expect(wait).toBeLessThanOrEqual(30 * 60);
    await age(30);
    for (const _ of Array(4)) expect(await ask(ip)).toBeNull();
    expect(await ask(ip)).not.toBeNull();
  });

  test("does not count a refused hit", async () => {
    const ip = fresh();
    for (const _ of Array(50)) await ask(ip);
    await age(60);
    expect(await ask(ip)).toBeNull();
  });

  test("counts requests, guesses, addresses and the own account separately", async () => {
    const ip = fresh();
    for (const _ of Array(8)) await ask(ip);
    expect(await takeHit(db(), "guesses", { ipAddress: ip })).toBeNull();
    expect(await ask(fresh())).toBeNull();
    expect(await ask(ip, "one's own account")).toBeNull();
  });

  test("counts an IPv6 household as one address (THR-07)", async () => {
    const prefix = `2001:db8:${randomBytes(2).toString("hex")}:1`;
    for (const i of Array(7).keys()) expect(await ask(`${prefix}:${i + 1}:2:3:4`)).toBeNull();
    expect(await ask(`${prefix}::ffff`)).not.toBeNull();
  });
});

describe("networkOf", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::ffff:7.7.7.7", "7.7.7.7"],
    ["::ffff:0707:0707", "7.7.7.7"],
    ["0:0:0:0:0:ffff:7.7.7.7", "7.7.7.7"],
  ])("%s counts as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
