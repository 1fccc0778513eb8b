import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { knownDevices } from "@/db/schema/devices";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { hashSecret, newSecret } from "@/secrets";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { testServer } from "@/testing/http";
import { account, freshEmail, queuedCode } from "@/testing/people";
import { type Visitor, visitorsOf } from "@/testing/visitor";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
const visitor = visitorsOf(testServer());

const PASSWORD = "blue otter lamp chair";
const NEXT = "green heron window soup";
let password = "";
beforeAll(async () => {
  password = await hashPassword(PASSWORD, stranger);
});

const someone = () => account("live", { password });

const signIn = async (who: Visitor, identifier: string, typed = PASSWORD) => {
  const answer = await who.call("signIn.password", { identifier, password: typed });
  expect([answer.status, answer.reason]).toEqual([200, undefined]);
  return answer;
};

/** Whether this browser is a known device of this address's account. */
async function isKnown(who: Visitor, address: string): Promise<boolean> {
  await db().delete(ledger).where(eq(ledger.email, address));
  expect((await who.call("signIn.requestCode", { identifier: address })).status).toBe(200);
  const [row] = await db().select({ device: ledger.device }).from(ledger).where(eq(ledger.email, address));
  return row?.device !== null;
}
const notices = (address: string) =>
  db().execute(sql`select from deliveries where recipient = ${address} and template = 'new-sign-in' and not decoy`);

describe("a device that a client made up never becomes known (REC-05)", () => {
  test.each([
    ["one secret of 43 characters", () => [newSecret()]],
    ["five secrets", () => Array.from({ length: 5 }, newSecret)],
    ["another account's secret", async () => [(await deviceOf()).secret]],
  ])("planted: %s", async (_what, plant) => {
    const planted = await plant();
    const { id, email } = await someone();
    await signIn(visitor(), email); // the owner's first browser
    const victim = visitor({ device: planted.join(".") });
    await signIn(victim, email);
    const [own = "", ...others] = victim.get("device").split(".");
    expect(others).toEqual(planted.slice(0, 4));
    const kept = await db().select().from(knownDevices).where(eq(knownDevices.userId, id));
    expect(kept.map(({ secretHash }) => secretHash)).toContain(hashSecret(own));
    expect(kept.filter(({ secretHash }) => planted.map(hashSecret).includes(secretHash))).toEqual([]);
    const attacker = visitor({ device: planted.join(".") });
    expect(await isKnown(attacker, email)).toBe(false);
    expect(await isKnown(victim, email)).toBe(true);
    // The owner was told of the new device.
    expect(await notices(email)).toHaveLength(1);
  });

  async function deviceOf() {
    const { email } = await someone();
    const owner = visitor();
    await signIn(owner, email);
    return { secret: owner.get("device") };
  }

  test("other devices are unknown after signing out others, a change of password or of address (SES-06)", async () => {
    for (const leave of [
      (who: Visitor) => who.call("account.revokeOtherSessions"),
      (who: Visitor) => who.call("account.changePassword", { currentPassword: PASSWORD, newPassword: NEXT }),
      async (who: Visitor) => {
        const newEmail = freshEmail();
        await who.call("account.requestEmailChange", { newEmail });
        return who.call("account.confirmEmailChange", { code: await queuedCode(newEmail) });
      },
    ]) {
      const { id, email } = await someone();
      const [owner, thief] = [visitor(), visitor()];
      await signIn(thief, email);
      await thief.call("signIn.signOut");
      await signIn(owner, email);
      expect((await leave(owner)).status).toBe(200);
      const kept = await db().select().from(knownDevices).where(eq(knownDevices.userId, id));
      expect(kept.map(({ secretHash }) => secretHash)).toEqual([hashSecret(owner.get("device"))]);
    }
  });
});

test("a browser stays a known device of five accounts, and a sixth removes the one used longest ago (REC-05)", async () => {
  const people = await Promise.all(Array.from({ length: 5 }, someone));
  const shared = visitor();
  for (let turn = 0; turn < 3; turn += 1) {
    for (const { email } of people) {
      await signIn(shared, email);
      await shared.call("signIn.signOut");
    }
  }
  expect(shared.get("device").split(".")).toHaveLength(5);
  for (const { email, id } of people) {
    expect(await notices(email)).toHaveLength(0);
    expect(await db().$count(knownDevices, eq(knownDevices.userId, id))).toBe(1);
    expect(await isKnown(shared, email)).toBe(true);
  }
  await signIn(shared, (await someone()).email);
  const known = [];
  for (const { email } of people) known.push(await isKnown(shared, email));
  expect(known).toEqual([false, true, true, true, true]);
});

describe("the browser's id (SES-02)", () => {
  test("is the app's own, renewed at sign-in and cleared at sign-out, and an earlier one proves nothing", async () => {
    const planted = newSecret();
    const { email } = await someone();
    // A well-formed id with a MAC that is not ours.
    const who = visitor({ browser: `${planted}.${newSecret()}` });
    const other = freshEmail();
    await who.call("signUp.requestCode", { identifier: other });
    const first = who.get("browser");
    expect(first).toMatch(/^[\w-]{43}\.[\w-]{43}$/);
    expect(first).not.toContain(planted);
    // Only the first ask sets it: a late answer must not bring an old id back.
    expect((await who.call("signUp.requestCode", { identifier: freshEmail() })).set).toBeUndefined();
    await signIn(who, email);
    expect(who.get("browser")).toMatch(/^[\w-]{43}\.[\w-]{43}$/);
    expect(who.get("browser")).not.toBe(first);
    expect(await who.ask("challenge.current", { purpose: "sign-up" })).not.toBeNull();
    const before = visitor({ browser: first });
    expect(await before.ask("challenge.current", { purpose: "sign-up" })).toBeNull();
    const code = await queuedCode(other);
    expect((await before.call("signUp.verifyCode", { identifier: other, code })).reason).toBe("INVALID_CODE");
    const second = who.get("browser");
    await who.call("signIn.signOut");
    expect([...who.jar.keys()]).toEqual(["latchkey_device"]);
    const gone = visitor({ browser: second });
    expect(await gone.ask("challenge.current", { purpose: "sign-up" })).toBeNull();
    expect((await gone.call("signUp.verifyCode", { identifier: other, code })).reason).toBe("INVALID_CODE");
  });

  test("of an attacker, put into this one, is renewed at sign-in, and a code asked for here fails at the attacker's", async () => {
    const [attacker, victim] = [visitor(), visitor()];
    await attacker.call("signUp.requestCode", { identifier: freshEmail() });
    victim.set("browser", attacker.get("browser"));
    const { email } = await someone();
    await signIn(victim, email);
    await victim.call("signIn.requestCode", { identifier: email });
    const stolen = { identifier: email, code: await queuedCode(email) };
    expect((await attacker.call("signIn.verifyCode", stolen)).reason).toBe("INVALID_CODE");
    expect((await victim.call("signIn.verifyCode", stolen)).status).toBe(200);
  });
});
