import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { knownDevices } from "@/db/schema/devices";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { account, identifierOf, queuedCode } from "@/testing/people";
import { session, signedIn } from "@/testing/sessions";
import { me } from "./account";
import { ownSessions, revokeOtherSessions, revokeOwnSession } from "./own-sessions";
import { sessionOf } from "./session";
import { requestCode, signOut, verifyCode } from "./sign-in";

testDatabase();

async function someone(type: "live" | "demo" = "live") {
  const made = await account(type);
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const listed = async (from: Parameters<typeof ownSessions>[0]) => {
  const all = await ownSessions(from);
  if (!all.ok) throw new Error(all.reason);
  return all.value;
};
const isKnown = async ([device = ""]: string[]) =>
  (await db().$count(knownDevices, eq(knownDevices.secretHash, device))) === 1;

describe("the account's own sessions (SES-08)", () => {
  test("are listed with their devices in words, this one first, without ended ones and other people's", async () => {
    const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
    const { them, from } = await someone();
    await someone();
    const row = (seconds: number, more = {}) => ({ lastSeenAt: new Date(Date.now() + seconds * 1000), ...more });
    await session(them, { code: 0 }, row(5, { userAgent: agent, ipAddress: "203.0.113.9" }));
    await session(them, { code: 0 }, row(-8 * 24 * 3600));
    await session(them, { code: 0 }, { createdAt: new Date(Date.now() - 31 * 24 * 3600 * 1000) });
    expect(await listed(from)).toEqual([
      expect.objectContaining({ id: from.session?.id, current: true, device: "Unknown device" }),
      {
        id: expect.any(String),
        current: false,
        device: "Firefox on Windows",
        ipAddress: "203.0.113.9",
        createdAt: expect.any(Date),
        lastSeenAt: expect.any(Date),
      },
    ]);
  });

  test("end one at a time and at once, and the device becomes a stranger; the others stay", async () => {
    const { them, from } = await someone();
    const [second, third] = [await signedIn(them), await signedIn(them)];
    expect(await revokeOwnSession(second.session?.id ?? "", from)).toEqual({ ok: true, value: { ok: true } });
    expect(await sessionOf(second.secret)).toBeNull();
    expect(await me({ ...second, session: await sessionOf(second.secret) })).toBeNull();
    expect([await isKnown(second.devices), await isKnown(third.devices)]).toEqual([false, true]);
    expect(new Set((await listed(from)).map(({ id }) => id))).toEqual(new Set([from.session?.id, third.session?.id]));
  });

  test("all others end, and all other devices become strangers, signed in or not; this browser stays known", async () => {
    const { them, from } = await someone();
    const [second, third] = [await signedIn(them), await signedIn(them)];
    await signOut(third);
    expect(await revokeOtherSessions(from)).toEqual({ ok: true, value: { ok: true } });
    expect(await listed(from)).toMatchObject([{ current: true }]);
    expect([await isKnown(from.devices), await isKnown(second.devices), await isKnown(third.devices)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await sessionOf(from.secret)).not.toBeNull();
  });

  test("are the only ones that can be ended: a foreign id is answered like a missing one (ENU-05)", async () => {
    const [{ from }, other, demo] = [await someone(), await someone(), await someone("demo")];
    const missing = await revokeOwnSession("00000000-0000-4000-8000-000000000000", from);
    expect(missing).toEqual({ ok: false, reason: "NOT_FOUND" });
    for (const foreign of [other, demo]) {
      expect(await revokeOwnSession(foreign.from.session?.id ?? "", from)).toEqual(missing);
      expect(await sessionOf(foreign.from.secret)).not.toBeNull();
    }
    await revokeOtherSessions(from);
    expect(
      await db().$count(sessions, sql`${sessions.id} in (${other.from.session?.id}, ${demo.from.session?.id})`),
    ).toBe(2);
  });

  test("are recorded when ended, without an address", async () => {
    const { them, id, from } = await someone();
    const other = await signedIn(them);
    await revokeOwnSession(other.session?.id ?? "", from);
    await revokeOtherSessions(from);
    await revokeOwnSession(other.session?.id ?? "", from);
    expect(
      await db().execute(sql`select actor, actor_id, action, reason, address_digest from audit_log
        where account_id = ${id} order by s_no`),
    ).toEqual(
      [null, "all others"].map((reason) => ({
        actor: "person",
        actor_id: id,
        action: "session.revoke",
        reason,
        address_digest: null,
      })),
    );
  });

  test("end also during a step-up, without a fault", async () => {
    for (let times = 0; times < 20; times += 1) {
      const { email, them, from } = await someone();
      const other = await signedIn(them);
      await requestCode(identifierOf(email), "live", other);
      const code = (await queuedCode(email)) ?? "";
      const [revoked, proven] = await Promise.all([
        revokeOwnSession(other.session?.id ?? "", from),
        verifyCode(identifierOf(email), "live", code, other),
      ]);
      expect(revoked).toMatchObject({ ok: true });
      expect(proven).toMatchObject({ ok: true });
      expect(await db().$count(sessions, eq(sessions.id, other.session?.id ?? ""))).toBe(0);
    }
  });

  test("are neither shown nor ended without a sign-in or with an incomplete profile", async () => {
    const half = await account("live", { isProfileComplete: false });
    const from = await signedIn({ accountType: "live", id: half.id });
    for (const act of [ownSessions, revokeOtherSessions, (who: typeof from) => revokeOwnSession(half.id, who)]) {
      expect(await act(from)).toEqual({ ok: false, reason: "FORBIDDEN" });
      expect(await act({ ...from, session: null })).toEqual({ ok: false, reason: "UNAUTHORIZED" });
    }
  });
});
