import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { knownDevices } from "@/db/schema/devices";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { forgetOwnDevice, ownDevices } from "./own-devices";
import { sessionOf } from "./session";
import { signOut } from "./sign-in";

testDatabase();

async function someone(type: "live" | "demo" = "live") {
  const made = await account(type);
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const listed = async (from: Parameters<typeof ownDevices>[0]) => {
  const all = await ownDevices(from);
  if (!all.ok) throw new Error(all.reason);
  return all.value;
};
/** The id of a browser's device. */
const idOf = async ({ devices: [hash = ""] }: { devices: string[] }) => {
  const [row] = await db().select().from(knownDevices).where(eq(knownDevices.secretHash, hash));
  return row?.id ?? "";
};

describe("the account's own devices (SES-08)", () => {
  test("are listed in words, this one first, signed in or not, without other people's", async () => {
    for (const type of ["live", "demo"] as const) {
      const { them, from } = await someone(type);
      await someone(type);
      const away = await signedIn(them);
      await signOut(away);
      const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
      await db()
        .update(knownDevices)
        .set({ userAgent: agent, lastSeenAt: sql`now() + interval '5 seconds'` })
        .where(eq(knownDevices.id, await idOf(away)));
      const dates = { createdAt: expect.any(Date), lastSeenAt: expect.any(Date) };
      expect(await listed(from)).toEqual([
        { id: await idOf(from), current: true, device: "Unknown device", ...dates },
        { id: await idOf(away), current: false, device: "Firefox on Windows", ...dates },
      ]);
    }
  });

  test("are forgotten one at a time, with a sign-out; the others stay", async () => {
    const { them, from } = await someone();
    const [second, third] = [await signedIn(them), await signedIn(them)];
    expect(await forgetOwnDevice(await idOf(second), from)).toEqual({ ok: true, value: { ok: true } });
    expect(await sessionOf(second.secret)).toBeNull();
    expect(await sessionOf(third.secret)).not.toBeNull();
    expect(new Set((await listed(from)).map(({ id }) => id))).toEqual(new Set([await idOf(from), await idOf(third)]));
  });

  test("include the current one, which stays signed in when it is forgotten", async () => {
    const { from } = await someone();
    expect(await forgetOwnDevice(await idOf(from), from)).toMatchObject({ ok: true });
    expect(await sessionOf(from.secret)).not.toBeNull();
    expect(await listed(from)).toEqual([]);
  });

  test("are the only ones that can be forgotten: a foreign id is answered like a missing one (ENU-05)", async () => {
    const [{ from }, other, demo] = [await someone(), await someone(), await someone("demo")];
    const missing = await forgetOwnDevice("00000000-0000-4000-8000-000000000000", from);
    expect(missing).toEqual({ ok: false, reason: "NOT_FOUND" });
    for (const foreign of [other, demo]) {
      expect(await forgetOwnDevice(await idOf(foreign.from), from)).toEqual(missing);
      expect(await idOf(foreign.from)).not.toBe("");
      expect(await sessionOf(foreign.from.secret)).not.toBeNull();
    }
  });

  test("are recorded once when forgotten, without an address", async () => {
    const { them, id, from } = await someone();
    const other = await signedIn(them);
    const device = await idOf(other);
    await Promise.all([forgetOwnDevice(device, from), forgetOwnDevice(device, from)]);
    expect(
      await db().execute(
        sql`select actor, actor_id, action, reason, address_digest from audit_log where account_id = ${id}`,
      ),
    ).toEqual([{ actor: "person", actor_id: id, action: "device.forget", reason: null, address_digest: null }]);
  });
});
