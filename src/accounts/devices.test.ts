import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { knownDevices } from "@/db/schema/devices";
import { testDatabase } from "@/testing/database";
import { account, freshEmail, freshPhone } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import type { AccountRef, AccountType } from "./accounts";
import {
  DEVICE_SECONDS,
  devicesOf,
  forgetDevices,
  hashDevice,
  newDeviceSecret,
  rememberDevice,
  shareOf,
  sweepDevices,
} from "./devices";

testDatabase();

const remember = (owner: AccountRef, device: string, userAgent: string | null = "a browser") =>
  db().transaction((tx) => rememberDevice(tx, owner, device, userAgent));
const newDevice = () => hashDevice(newDeviceSecret());
const at = (accountType: AccountType, email: string) => ({ accountType, channel: "email" as const, address: email });

/** Somebody with a known device. */
async function person(accountType: AccountType = "live", row: Parameters<typeof account>[1] = {}) {
  const { id, email } = await account(accountType, row);
  const owner: AccountRef = { accountType, id };
  const device = newDevice();
  return { owner, email, device, share: (await remember(owner, device)).id };
}

test("a device's secret is 32 random bytes, and SHA-256 is what is kept", () => {
  const secrets = Array.from({ length: 1000 }, newDeviceSecret);
  expect(new Set(secrets).size).toBe(1000);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
  expect(hashDevice("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

describe("the share that a browser is counted in", () => {
  test("is its own at every address of an account it has signed in to", async () => {
    const phoneNumber = freshPhone();
    const { email, device, share } = await person("live", { phoneNumber });
    expect(await shareOf(db(), device, at("live", email))).toBe(share);
    expect(await shareOf(db(), device, { accountType: "live", channel: "sms", address: phoneNumber })).toBe(share);
  });

  test("is the strangers' for another account, another device, no device, and no account", async () => {
    const [own, other] = [await person(), await person()];
    expect(await shareOf(db(), own.device, at("live", other.email))).toBeNull();
    expect(await shareOf(db(), newDevice(), at("live", own.email))).toBeNull();
    expect(await shareOf(db(), null, at("live", own.email))).toBeNull();
    expect(await shareOf(db(), own.device, at("live", freshEmail()))).toBeNull();
  });

  test("is apart for the live and the demo account of one address, and a demo account has no number", async () => {
    const live = await person("live", { phoneNumber: freshPhone() });
    const demo = await person("demo", { email: live.email });
    expect(await shareOf(db(), live.device, at("demo", live.email))).toBeNull();
    expect(await shareOf(db(), demo.device, at("live", live.email))).toBeNull();
    expect(await shareOf(db(), demo.device, at("demo", live.email))).toBe(demo.share);
    const [row] = await db().select().from(users).where(eq(users.id, live.owner.id));
    const number = { accountType: "demo" as const, channel: "sms" as const, address: row?.phoneNumber ?? "" };
    expect(await shareOf(db(), live.device, number)).toBeNull();
  });

  test("follows the account to its new address, and leaves the old one", async () => {
    const { owner, email, device, share } = await person();
    const newEmail = freshEmail();
    await db().update(users).set({ email: newEmail }).where(eq(users.id, owner.id));
    expect(await shareOf(db(), device, at("live", newEmail))).toBe(share);
    expect(await shareOf(db(), device, at("live", email))).toBeNull();
  });

  test("is found by the same statements for a known and an unknown address (law 1)", async () => {
    const { email, device } = await person();
    const known = await statementsOf(() => shareOf(db(), device, at("live", email)));
    expect(await statementsOf(() => shareOf(db(), device, at("live", freshEmail())))).toEqual(known);
    expect(known).toHaveLength(1);
  });
});

describe("remembering a device", () => {
  test("says once that it is new, and then when it was seen last", async () => {
    const { owner } = await person();
    const device = newDevice();
    const first = await remember(owner, device, "one browser");
    expect(first.isNew).toBe(true);
    await db().execute(
      sql`update known_devices set last_seen_at = now() - interval '1 day' where secret_hash = ${device}`,
    );
    expect(await remember(owner, device, "after its update")).toEqual({ id: first.id, isNew: false });
    const [row] = await db().select().from(knownDevices).where(eq(knownDevices.secretHash, device));
    expect(row?.userAgent).toBe("after its update");
    expect(Date.now() - Number(row?.lastSeenAt)).toBeLessThan(60_000);
  });

  test("20 sign-ins of one browser at once make one device, new to one of them", async () => {
    for (const accountType of ["live", "demo"] as const) {
      const { owner } = await person(accountType);
      const device = newDevice();
      const made = await Promise.all(Array.from({ length: 20 }, () => remember(owner, device)));
      expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    }
  });

  test("one browser is another device for each of its accounts", async () => {
    const [own, other] = [await person(), await person()];
    const { id, isNew } = await remember(other.owner, own.device);
    expect(isNew).toBe(true);
    expect(id).not.toBe(own.share);
    expect(await shareOf(db(), own.device, at("live", own.email))).toBe(own.share);
  });
});

describe("forgetting devices", () => {
  test("makes strangers of all of an account's but one, and of nobody else's", async () => {
    const [own, other] = [await person(), await person()];
    const kept = await remember(own.owner, newDevice());
    await db().transaction((tx) => forgetDevices(tx, own.owner, kept.id));
    expect(await db().transaction((tx) => devicesOf(tx, own.owner))).toEqual([kept.id]);
    expect(await shareOf(db(), own.device, at("live", own.email))).toBeNull();
    expect(await shareOf(db(), other.device, at("live", other.email))).toBe(other.share);
    await db().transaction((tx) => forgetDevices(tx, own.owner));
    expect(await db().transaction((tx) => devicesOf(tx, own.owner))).toEqual([]);
  });

  test("comes with the account's end", async () => {
    const [live, demo] = [await person("live"), await person("demo")];
    await db().delete(users).where(eq(users.id, live.owner.id));
    await db().delete(demoUsers).where(eq(demoUsers.id, demo.owner.id));
    for (const { owner } of [live, demo]) expect(await db().transaction((tx) => devicesOf(tx, owner))).toEqual([]);
  });

  test("is the sweep's part once no browser holds the cookie any more, and not before", async () => {
    const [stale, seen] = [await person(), await person()];
    const age = (seconds: number, { share }: { share: string }) =>
      db().execute(sql`update known_devices set created_at = now() - interval '2 years',
        last_seen_at = now() - make_interval(secs => ${seconds}) where id = ${share}`);
    await age(DEVICE_SECONDS + 60, stale);
    await age(DEVICE_SECONDS - 60, seen);
    const swept = await Promise.all([sweepDevices(db()), sweepDevices(db())]);
    expect(swept.reduce((sum, count) => sum + count)).toBe(1);
    expect(await shareOf(db(), stale.device, at("live", stale.email))).toBeNull();
    expect(await shareOf(db(), seen.device, at("live", seen.email))).toBe(seen.share);
  });
});
