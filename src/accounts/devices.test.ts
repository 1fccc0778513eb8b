import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import type { AccountType, Owner } from "@/db/owner";
import { demoUsers, users } from "@/db/schema/accounts";
import { knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { hashSecret, newSecret } from "@/secrets";
import { testDatabase } from "@/testing/database";
import { account, freshEmail, freshPhone } from "@/testing/people";
import { session } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import {
  DEVICE_SECONDS,
  devicesOf,
  forgetDevice,
  forgetDevices,
  hashDevice,
  rememberDevice,
  shareOf,
  sweepDevices,
} from "./devices";
import { findSession } from "./sessions";

testDatabase();

/** @param devices the devices in the browser's cookie */
const remember = (owner: Owner, devices: string[] = [], userAgent: string | null = "a browser") =>
  db().transaction((tx) => rememberDevice(tx, owner, devices, userAgent));
const newDevice = () => hashDevice(newSecret());
const at = (accountType: AccountType, email: string) => ({ accountType, channel: "email" as const, address: email });

/** A person with a known device. */
async function person(accountType: AccountType = "live", row: Parameters<typeof account>[1] = {}) {
  const { id, email } = await account(accountType, row);
  const owner: Owner = { accountType, id };
  const { id: share, hash: device } = await remember(owner);
  return { owner, email, device, share };
}

describe("a browser's share", () => {
  test("is its own at every address of an account that it has signed in to", async () => {
    const phoneNumber = freshPhone();
    const { email, device, share } = await person("live", { phoneNumber });
    expect(await shareOf(db(), [device], at("live", email))).toBe(share);
    expect(await shareOf(db(), [device], { accountType: "live", channel: "sms", address: phoneNumber })).toBe(share);
  });

  test("is the strangers' for another account, another device, no device, and no account", async () => {
    const [own, other] = [await person(), await person()];
    expect(await shareOf(db(), [own.device], at("live", other.email))).toBeNull();
    expect(await shareOf(db(), [newDevice()], at("live", own.email))).toBeNull();
    expect(await shareOf(db(), [], at("live", own.email))).toBeNull();
    expect(await shareOf(db(), [own.device], at("live", freshEmail()))).toBeNull();
  });

  test("differs for the live and the demo account of one address, and no demo account has a number", async () => {
    const live = await person("live", { phoneNumber: freshPhone() });
    const demo = await person("demo", { email: live.email });
    expect(await shareOf(db(), [live.device], at("demo", live.email))).toBeNull();
    expect(await shareOf(db(), [demo.device], at("live", live.email))).toBeNull();
    expect(await shareOf(db(), [demo.device], at("demo", live.email))).toBe(demo.share);
    const [row] = await db().select().from(users).where(eq(users.id, live.owner.id));
    const number = { accountType: "demo" as const, channel: "sms" as const, address: row?.phoneNumber ?? "" };
    expect(await shareOf(db(), [live.device], number)).toBeNull();
  });

  test("moves with the account to its new address", async () => {
    const { owner, email, device, share } = await person();
    const newEmail = freshEmail();
    await db().update(users).set({ email: newEmail }).where(eq(users.id, owner.id));
    expect(await shareOf(db(), [device], at("live", newEmail))).toBe(share);
    expect(await shareOf(db(), [device], at("live", email))).toBeNull();
  });

  test("is found by the same statements for a known and an unknown address (law 1)", async () => {
    const { email, device } = await person();
    const known = await statementsOf(() => shareOf(db(), [device], at("live", email)));
    expect(await statementsOf(() => shareOf(db(), [device], at("live", freshEmail())))).toEqual(known);
    expect(known).toHaveLength(1);
  });
});

describe("remembering a device", () => {
  test("makes a secret once, and then only notes when the device was last seen", async () => {
    const { owner } = await person();
    const first = await remember(owner, [], "one browser");
    expect(hashDevice(first.secret ?? "")).toBe(first.hash);
    await db().execute(
      sql`update known_devices set last_seen_at = now() - interval '1 day' where secret_hash = ${first.hash}`,
    );
    const again = await remember(owner, [newDevice(), first.hash], "after its update");
    expect(again).toEqual({ id: first.id, hash: first.hash, secret: null });
    const [row] = await db().select().from(knownDevices).where(eq(knownDevices.secretHash, first.hash));
    expect(row?.userAgent).toBe("after its update");
    expect(Date.now() - Number(row?.lastSeenAt)).toBeLessThan(60_000);
  });

  test("makes no second device at 20 concurrent sign-ins of one known browser", async () => {
    for (const accountType of ["live", "demo"] as const) {
      const { owner, device, share } = await person(accountType);
      const made = await Promise.all(Array.from({ length: 20 }, () => remember(owner, [device])));
      for (const one of made) expect(one).toEqual({ id: share, hash: device, secret: null });
      expect(await db().transaction((tx) => devicesOf(tx, owner))).toEqual([share]);
    }
  });

  test("adopts no secret that is made up or another account's (REC-05)", async () => {
    const [own, other] = [await person(), await person()];
    for (const planted of [newDevice(), other.device]) {
      const { hash, secret } = await remember(own.owner, [planted]);
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(hash).not.toBe(planted);
      expect(await shareOf(db(), [planted], at("live", own.email))).toBeNull();
    }
  });

  test("makes a device with its own secret for each account of one browser", async () => {
    const [own, other] = [await person(), await person()];
    const { id, hash } = await remember(other.owner, [own.device]);
    expect(id).not.toBe(own.share);
    const both = [hash, own.device];
    expect(await shareOf(db(), both, at("live", own.email))).toBe(own.share);
    expect(await shareOf(db(), both, at("live", other.email))).toBe(id);
  });

  test("always uses the older of two devices of one account in one cookie", async () => {
    const { owner, email, device, share } = await person();
    const { hash } = await remember(owner);
    for (const both of [
      [hash, device],
      [device, hash],
    ]) {
      expect(await shareOf(db(), both, at("live", email))).toBe(share);
      expect(await remember(owner, both)).toMatchObject({ id: share, secret: null });
    }
  });
});

describe("forgetting devices", () => {
  test("forgets all of an account's devices except one, and no other account's", async () => {
    const [own, other] = [await person(), await person()];
    const kept = await remember(own.owner);
    await db().transaction((tx) => forgetDevices(tx, own.owner, kept.id));
    expect(await db().transaction((tx) => devicesOf(tx, own.owner))).toEqual([kept.id]);
    expect(await shareOf(db(), [own.device], at("live", own.email))).toBeNull();
    expect(await shareOf(db(), [other.device], at("live", other.email))).toBe(other.share);
    await db().transaction((tx) => forgetDevices(tx, own.owner));
    expect(await db().transaction((tx) => devicesOf(tx, own.owner))).toEqual([]);
  });

  test("ends the sessions of one forgotten device except the asking one, and never another account's (ENU-05)", async () => {
    const [own, other] = [await person(), await person()];
    const on = { deviceId: own.share };
    const [asking, ended] = [await session(own.owner, {}, on), await session(own.owner, {}, on)];
    const elsewhere = await session(own.owner);
    const [row] = await db()
      .select()
      .from(sessions)
      .where(eq(sessions.secretHash, hashSecret(asking)));
    const forget = (id: string, except?: string) => db().transaction((tx) => forgetDevice(tx, own.owner, id, except));
    expect(await forget(other.share)).toBe(false);
    expect(await shareOf(db(), [other.device], at("live", other.email))).toBe(other.share);
    expect(await forget(own.share, row?.id)).toBe(true);
    expect(await shareOf(db(), [own.device], at("live", own.email))).toBeNull();
    const alive = await Promise.all([asking, ended, elsewhere].map((secret) => findSession(db(), secret)));
    expect(alive.map((found) => found !== null)).toEqual([true, false, true]);
    expect(await forget(own.share)).toBe(false);
  });

  test("happens when the account is deleted", async () => {
    const [live, demo] = [await person("live"), await person("demo")];
    await db().delete(users).where(eq(users.id, live.owner.id));
    await db().delete(demoUsers).where(eq(demoUsers.id, demo.owner.id));
    for (const { owner } of [live, demo]) expect(await db().transaction((tx) => devicesOf(tx, owner))).toEqual([]);
  });

  test("happens by the sweep only after the cookie has expired", async () => {
    const [stale, seen] = [await person(), await person()];
    const age = (seconds: number, { share }: { share: string }) =>
      db().execute(sql`update known_devices set created_at = now() - interval '2 years',
        last_seen_at = now() - make_interval(secs => ${seconds}) where id = ${share}`);
    await age(DEVICE_SECONDS + 60, stale);
    await age(DEVICE_SECONDS - 60, seen);
    const swept = await Promise.all([sweepDevices(db()), sweepDevices(db())]);
    expect(swept.reduce((sum, count) => sum + count)).toBe(1);
    expect(await shareOf(db(), [stale.device], at("live", stale.email))).toBeNull();
    expect(await shareOf(db(), [seen.device], at("live", seen.email))).toBe(seen.share);
  });
});
