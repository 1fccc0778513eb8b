import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Proof } from "@/accounts/sessions";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { account, browser } from "@/testing/people";
import { session } from "@/testing/sessions";
import { requireActive, requireAdmin, requireFresh, requireFreshSession, requireSession } from "./access";
import type { Caller } from "./caller";
import { sessionOf } from "./session";

testDatabase();

type Ages = Partial<Record<Proof, number>>;
type Row = Parameters<typeof account>[1];

/** A signed-in caller. `again` is a later call of the same session, which is looked up anew. */
async function someone(row: Row = {}, ages: Ages = { code: 0 }, type: "live" | "demo" = "live") {
  const { id } = await account(type, row);
  const secret = await session({ accountType: type, id }, ages);
  const again = async (): Promise<Caller> => ({ ...browser(), session: await sessionOf(secret) });
  return { id, secret, again };
}
const told = async (outcome: Promise<{ ok: true } | { ok: false; reason: string }>) => {
  const done = await outcome;
  return done.ok || done.reason;
};
/** Makes a session's last use or its beginning that many seconds older. */
const age = (secret: string, seconds: { seen?: number; begun?: number }) =>
  db().execute(sql`update sessions set last_seen_at = last_seen_at - make_interval(secs => ${seconds.seen ?? 0}),
    created_at = created_at - make_interval(secs => ${seconds.begun ?? 0})
    where secret_hash = encode(sha256(convert_to(${secret}, 'UTF8')), 'hex')`);
const DAY = 24 * 3600;

describe("a fresh proof (SES-07)", () => {
  test.each([
    [{ code: 595 }, true],
    [{ password: 595 }, true],
    [{ code: 601 }, "STEP_UP_REQUIRED"],
    [{ password: 601, code: 601 }, "STEP_UP_REQUIRED"],
    [{ password: 5000, code: 1 }, true],
  ])("of %j seconds ago: %s", async (ages, expected) => {
    const { again } = await someone({}, ages);
    expect(await told(requireFresh(await again()))).toBe(expected);
  });

  test.each([
    [{ code: 0 }, "STEP_UP_REQUIRED"],
    [{ password: 0 }, "STEP_UP_REQUIRED"],
    [{ password: 0, code: 601 }, "STEP_UP_REQUIRED"],
    [{ password: 601, code: 0 }, "STEP_UP_REQUIRED"],
    [{ password: 595, code: 595 }, true],
  ])("of an admin, of %j seconds ago: %s", async (ages, expected) => {
    const { again } = await someone({ role: "ADMIN" }, ages);
    expect(await told(requireFresh(await again()))).toBe(expected);
  });

  test("is measured by the database's clock, not by the process's clock", async () => {
    const { id, again } = await someone({}, { code: 0 });
    await db().execute(sql`update sessions set code_proved_at = now() - interval '11 minutes' where user_id = ${id}`);
    expect(await told(requireFresh(await again()))).toBe("STEP_UP_REQUIRED");
  });
});

describe("the signed-in account", () => {
  test("is looked up at each call: a deactivated or deleted account is signed in nowhere", async () => {
    for (const type of ["live", "demo"] as const) {
      const { id, again } = await someone({}, { code: 0 }, type);
      const table = type === "live" ? users : demoUsers;
      expect(await told(requireSession(await again()))).toBe(true);
      const held = await again();
      await db().update(table).set({ isActive: false }).where(eq(table.id, id));
      expect(await told(requireSession(held))).toBe("UNAUTHORIZED");
      await db().delete(table).where(eq(table.id, id));
      expect(await told(requireSession(held))).toBe("UNAUTHORIZED");
      expect((await again()).session).toBeNull();
    }
  });

  test("without a complete profile may sign out and do nothing else", async () => {
    const { again } = await someone({ isProfileComplete: false });
    const from = await again();
    expect(await told(requireSession(from))).toBe(true);
    expect(await told(requireFreshSession(from))).toBe(true);
    for (const require of [requireActive, requireFresh, requireAdmin])
      expect(await told(require(from))).toBe("FORBIDDEN");
  });

  test("is signed out after a week without use, and after thirty days in any case (SES-04)", async () => {
    const [idle, busy, old] = [await someone(), await someone(), await someone()];
    await age(idle.secret, { seen: 7 * DAY + 1 });
    await age(busy.secret, { seen: 7 * DAY - 60, begun: 30 * DAY - 60 });
    await age(old.secret, { begun: 30 * DAY + 1 });
    expect((await idle.again()).session).toBeNull();
    expect((await old.again()).session).toBeNull();
    expect((await busy.again()).session).not.toBeNull();
    // Use starts the week again, but not the month.
    await age(busy.secret, { seen: 6 * DAY });
    expect((await busy.again()).session).not.toBeNull();
    await age(busy.secret, { begun: 61 });
    expect((await busy.again()).session).toBeNull();
  });

  test("is nobody for an unknown secret, and no session is made", async () => {
    const before = await db().$count(sessions);
    for (const none of ["", "A".repeat(43)]) expect(await sessionOf(none)).toBeNull();
    expect(await db().$count(sessions)).toBe(before);
  });

  test("has its use recorded at most once a minute, so most page reads write nothing", async () => {
    const { id, secret, again } = await someone();
    const seen = async () => (await db().select().from(sessions).where(eq(sessions.userId, id)))[0]?.lastSeenAt;
    await age(secret, { seen: 30 });
    const before = await seen();
    await again();
    expect(await seen()).toEqual(before);
    await age(secret, { seen: 31 });
    await again();
    expect(Date.now() - ((await seen())?.getTime() ?? 0)).toBeLessThan(5000);
  });
});

describe("an admin (ADM-03, ADM-04, SES-04)", () => {
  const admin = (ages: Ages = { password: 0, code: 0 }) => someone({ role: "ADMIN" }, ages);

  test.each([
    [{ password: 0 }, "STEP_UP_REQUIRED"],
    [{ code: 0 }, "STEP_UP_REQUIRED"],
    [{ password: DAY - 5, code: DAY - 5 }, true],
    [{ password: DAY + 1, code: 0 }, "STEP_UP_REQUIRED"],
    [{ password: 0, code: DAY + 1 }, "STEP_UP_REQUIRED"],
  ])("with proofs of %j seconds ago: %s", async (ages, expected) => {
    const { again } = await admin(ages);
    expect(await told(requireAdmin(await again()))).toBe(expected);
  });

  test("is recognised by the role that the database has now", async () => {
    const { id, again } = await admin();
    const from = await again();
    await db().update(users).set({ role: "USER" }).where(eq(users.id, id));
    expect(await told(requireAdmin(from))).toBe("FORBIDDEN");
    await db().update(users).set({ role: "ADMIN" }).where(eq(users.id, id));
    expect(await told(requireAdmin(from))).toBe(true);
  });

  test("loses the session's proofs after an idle hour and stays signed in; a user's proofs stay", async () => {
    const [idle, busy, user] = [await admin(), await admin(), await someone({}, { password: 0, code: 0 })];
    await age(idle.secret, { seen: 3601 });
    await age(busy.secret, { seen: 3590 });
    await age(user.secret, { seen: 3601 });
    // The same for many lookups at once: the first must not hide the pause from the others.
    const all = await Promise.all(Array.from({ length: 10 }, () => idle.again()));
    expect(all.map(({ session: found }) => found?.proofs)).toEqual(Array(10).fill([]));
    expect(await told(requireAdmin(await idle.again()))).toBe("STEP_UP_REQUIRED");
    expect(await told(requireActive(await idle.again()))).toBe(true);
    expect(await told(requireAdmin(await busy.again()))).toBe(true);
    expect((await user.again()).session?.proofs).toEqual(["password", "code"]);
  });
});
