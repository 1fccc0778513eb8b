import { asc, desc, eq, inArray, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { findings } from "@/analytics/findings";
import type { Refusals } from "@/analytics/refusals";
import { readPanel } from "@/analytics/snapshots";
import { parseTimelineCursor, timeline } from "@/analytics/timeline";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { refusalCounts } from "@/db/schema/limits";
import { env } from "@/env";
import { forgottenAs } from "@/keys";
import { takeHit } from "@/limits/windows";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, otherCode, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";
import { updateOwnProfile } from "./account";
import { storyOf } from "./admin-view";
import type { AskingCaller } from "./caller";
import { confirmLink, requestLink as requestVerificationLink } from "./email-verification";
import { underCharge } from "./lockout";
import { changePassword } from "./password-change";
import { requestLink, reset } from "./password-reset";
import { noteRefusal } from "./refusals";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";
import { finishProfile } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let HASH = "";
beforeAll(async () => {
  HASH = await hashPassword(PASSWORD, stranger);
});

const rulesOf = async (email: string) => {
  const rows = await db()
    .select({ action: auditLog.action, rule: auditLog.reason })
    .from(auditLog)
    .where(inArray(auditLog.addressDigest, forgottenAs(email)))
    .orderBy(asc(auditLog.sNo));
  return rows.map(({ action, rule }) => `${action}: ${rule}`);
};
const ask = (email: string, from: AskingCaller) => requestCode(identifierOf(email), "live", from);
const check = (email: string, code: string, from: AskingCaller) => verifyCode(identifierOf(email), "live", code, from);
const trial = (email: string, password: string, from = browser()) =>
  signInByPassword(identifierOf(email), "live", password, from);

/** Causes every refusal, in one order. @returns the first code */
async function turnedAway(email: string): Promise<string> {
  const from = browser();
  await ask(email, from);
  await ask(email, from);
  const code = (await queuedCode(email)) ?? "000000";
  for (let at = 0; at < 4; at += 1) await check(email, otherCode(code), from);
  await check(email, code, browser());
  await requestLink(email, "live", from);
  await requestLink(email, "live", from);
  await trial(email, "wrong wrong wrong");
  return code;
}

test("each refusal is recorded with its rule, for known and unknown addresses (LOG-04)", async () => {
  const [known, unknown] = [(await account("live", { password: HASH })).email, freshEmail()];
  await turnedAway(known);
  await turnedAway(unknown);
  const rules = [
    "code.ask: cooldown",
    "code.check: attempts used up",
    "code.check: no code in this browser",
    "link.ask: cooldown",
  ];
  expect(await rulesOf(known)).toEqual([...rules, "session.start: wrong password"]);
  expect(await rulesOf(unknown)).toEqual([...rules, "session.start: no account to sign in to"]);
});

test("a lock is shown to the admin, but not to the caller who is refused", async () => {
  const { email } = await account("live", { password: HASH });
  for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
  expect(await trial(email, PASSWORD)).toEqual(await trial(email, "wrong wrong wrong"));
  expect((await rulesOf(email)).slice(-2)).toEqual(["session.start: locked out", "session.start: locked out"]);
});

test("the refusals of one IP address are recorded 120 times an hour at most", async () => {
  const from = browser();
  const before = await db().$count(auditLog);
  // 60 guesses an hour are checked; after that, the window itself refuses.
  for (let at = 0; at < 130; at += 1) await check(freshEmail(), "000000", from);
  expect((await db().$count(auditLog)) - before).toBe(120);
});

test("a used-up hour is recorded with the call and, if known, the address (LOG-04)", async () => {
  const { id, email } = await account("live", { password: HASH });
  // The window of a signed-in account, and the window of its IP address.
  const own = await signedIn({ accountType: "live", id });
  const from = browser({ ipAddress: own.ipAddress });
  const { requests, guesses } = env().ipHourly;
  Object.assign(env().ipHourly, { requests: 1, guesses: 1 });
  for (const counted of ["requests", "guesses"] as const)
    for (const ownAccount of [undefined, id]) await takeHit(db(), counted, { ipAddress: own.ipAddress, ownAccount });
  const [subject, token] = [identifierOf(email), "A".repeat(43)];
  const tries: [string, () => Promise<{ ok: boolean }>][] = [
    ["code.ask", () => ask(email, from)],
    ["code.check", () => check(email, "123456", from)],
    ["link.ask", () => requestLink(email, "live", from)],
    ["link.ask", () => requestVerificationLink(email, from)],
    ["session.start", () => trial(email, PASSWORD, from)],
    ["password.reset", () => reset(token, PASSWORD, { identifier: subject }, from)],
    ["email.prove", () => confirmLink(token, from)],
    ["password.change", () => changePassword(PASSWORD, "green heron window soup", own)],
    ["profile.change", () => updateOwnProfile({ name: "Eve" }, own)],
    ["account.create", () => finishProfile({ name: "Eve" }, {}, own)],
  ];
  try {
    for (const [action, attempt] of tries) {
      const before = await db().$count(auditLog);
      expect(await attempt()).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
      const rule = `${action.endsWith(".ask") ? "requests" : "guesses"} an hour from one IP`;
      const [entry] = await db().select().from(auditLog).orderBy(desc(auditLog.sNo)).limit(1);
      expect(entry).toMatchObject({ action, result: "refused", reason: rule, ipAddress: own.ipAddress });
      expect(await db().$count(auditLog)).toBe(before + 1);
      // In the story of the address, except for calls that have only a token or a session.
      const isTold = forgottenAs(email).includes(entry?.addressDigest ?? "");
      expect([action, isTold]).toEqual([action, !["email.prove", "account.create"].includes(action)]);
    }
  } finally {
    Object.assign(env().ipHourly, { requests, guesses });
  }
});

test("the refusals of all IP addresses are recorded 20,000 times an hour at most", async () => {
  const minute = sql`floor(extract(epoch from now()) / 60)::int`;
  await db().execute(sql`
    insert into limit_windows (key, hits) values ('refusals *', jsonb_build_object(${minute}, 19999))
    on conflict (key) do update set hits = excluded.hits`);
  const before = await db().$count(auditLog);
  for (let at = 0; at < 3; at += 1) await noteRefusal(browser(), "session.start", "wrong password", freshEmail());
  expect((await db().$count(auditLog)) - before).toBe(1);
  await db().execute(sql`delete from limit_windows where key = 'refusals *'`);
});

describe("refusals above the caps are counted (LOG-04)", () => {
  const fill = () =>
    db().execute(sql`
      insert into limit_windows (key, hits)
      values ('refusals *', jsonb_build_object(floor(extract(epoch from now()) / 60)::int, 20000))
      on conflict (key) do update set hits = excluded.hits`);
  const counted = () => db().select().from(refusalCounts).orderBy(asc(refusalCounts.rule), asc(refusalCounts.purpose));
  beforeEach(async () => {
    await db().delete(refusalCounts);
    await fill();
    return () => db().execute(sql`delete from limit_windows where key = 'refusals *'`);
  });

  test("and a flood from many networks does not hide an attack under another rule from the admins", async () => {
    // One refusal is recorded before the flood.
    await db().execute(sql`delete from limit_windows where key = 'refusals *'`);
    await noteRefusal(browser(), "code.check", "no code in this browser", freshEmail(), "sign-in");
    await fill();
    const before = await db().$count(auditLog);
    for (let at = 0; at < 150; at += 1)
      await noteRefusal(browser(), "session.start", "no account to sign in to", freshEmail());
    const { email } = await account("live");
    const attacker = browser({ ipAddress: "203.0.113.9" });
    for (let at = 0; at < 12; at += 1) await check(email, "000000", attacker);
    expect(await db().$count(auditLog)).toBe(before);
    const { items } = await findings(db());
    expect(items.filter(({ rule }) => rule === "refusals past the log")).toEqual([
      { rule: "refusals past the log", key: "session.start - no account to sign in to", count: 150 },
      { rule: "refusals past the log", key: "code.check sign-in no code in this browser", count: 12 },
    ]);
    const { data } = await readPanel<Refusals[]>(db(), "refusals");
    const byRule = new Map(data.map((row) => [row.rule, row]));
    expect(byRule.get("no account to sign in to")?.counted).toBe(150);
    expect(byRule.get("no code in this browser")).toMatchObject({ counted: 12, most: "203.0.113.9" });
    // The record from before the flood is still there.
    const written = await db().$count(auditLog, eq(auditLog.reason, "no code in this browser"));
    expect(written).toBeGreaterThan(0);
    expect(byRule.get("no code in this browser")?.written).toBe(written);
  });

  test("with the purpose of the code or link, if there is one", async () => {
    const { email } = await account("live");
    const from = browser();
    for (let time = 0; time < 2; time += 1) {
      await ask(email, from);
      await requestLink(email, "live", from);
      await requestVerificationLink(email, from);
    }
    await check(email, "000000", browser());
    expect((await counted()).map(({ attempt, purpose, rule }) => [attempt, purpose, rule])).toEqual([
      ["link.ask", "reset-link", "cooldown"],
      ["code.ask", "sign-in", "cooldown"],
      ["link.ask", "verification-link", "cooldown"],
      ["code.check", "sign-in", "no code in this browser"],
    ]);
  });

  test("also for one address after 120 refusals", async () => {
    await db().execute(sql`delete from limit_windows where key = 'refusals *'`);
    const from = browser();
    for (let at = 0; at < 125; at += 1) await noteRefusal(from, "session.start", "locked out", freshEmail());
    expect(await counted()).toMatchObject([{ rule: "locked out", count: 5 }]);
  });

  test("a refusal runs the same statements for a known and an unknown address", async () => {
    const [known, unknown] = [(await account("live", { password: HASH })).email, freshEmail()];
    for (const isFull of [true, false]) {
      if (!isFull) await db().execute(sql`delete from limit_windows where key = 'refusals *'`);
      const ofKnown = await statementsOf(() => trial(known, "wrong wrong wrong"));
      expect(await statementsOf(() => trial(unknown, "wrong wrong wrong"))).toEqual(ofKnown);
    }
  });
});

test("the timeline shows all events in order, page by page without gaps or repetitions, and never a code", async () => {
  const { id, email } = await account("live", { password: HASH });
  const code = await turnedAway(email);
  const guessed = { ...identifierOf(email), accountType: "live" as const, share: null };
  await underCharge(guessed, { locked: false, tripped: true, inARow: "apart" }, browser(), async () => false);
  for (let at = 0; at < 70; at += 1) await noteRefusal(browser(), "session.start", "wrong password", email);
  const whose = storyOf(id, [email, null]);
  const first = await timeline(db(), whose, null);
  const kinds = new Set<string>();
  const keys: string[] = [];
  const times: string[] = [];
  for (let page = first, more = true; more; ) {
    for (const event of page.items) {
      kinds.add(event.kind);
      keys.push(event.key);
      times.push(event.at);
    }
    more = page.nextCursor !== null;
    const cursor = page.nextCursor ? parseTimelineCursor(page.nextCursor) : null;
    if (cursor) page = await timeline(db(), whose, cursor);
  }
  expect(first.items).toHaveLength(50);
  expect(kinds).toEqual(new Set(["code", "delivery", "audit"]));
  expect(new Set(keys).size).toBe(keys.length);
  expect(times).toEqual([...times].sort((a, b) => b.localeCompare(a)));
  // The view of an admin does not contain the code.
  expect(code).toMatch(/^\d{6}$/);
  expect(JSON.stringify(first)).not.toContain(code);

  // The address has the same story with and without an account.
  const alone = await timeline(db(), storyOf(null, [email]), null);
  expect(alone.items.length).toBe(50);
});
