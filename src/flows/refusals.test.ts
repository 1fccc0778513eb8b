import { asc, desc, inArray, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { parseTimelineCursor, timeline } from "@/analytics/timeline";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { env } from "@/env";
import { forgottenAs } from "@/keys";
import { takeHit } from "@/limits/windows";
import { testDatabase } from "@/testing/database";
import { stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, otherCode, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
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

/** Everything somebody may be refused for, in one order. @returns the code that was asked for first */
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

test("each refusal is written down with its rule, of a known address and an unknown one alike (LOG-04)", async () => {
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

test("a locked identifier is told to the admin, not to whoever is refused", async () => {
  const { email } = await account("live", { password: HASH });
  for (let at = 0; at < 10; at += 1) await trial(email, "wrong wrong wrong");
  expect(await trial(email, PASSWORD)).toEqual(await trial(email, "wrong wrong wrong"));
  expect((await rulesOf(email)).slice(-2)).toEqual(["session.start: locked out", "session.start: locked out"]);
});

test("what one IP is refused for is written down 120 times in an hour, and no more", async () => {
  const from = browser();
  const before = await db().$count(auditLog);
  // Its 60 guesses an hour, and then the refusals by the window itself.
  for (let at = 0; at < 130; at += 1) await check(freshEmail(), "000000", from);
  expect((await db().$count(auditLog)) - before).toBe(120);
});

test("an hour that is used up is written down whatever was tried, by whomever that can be told (LOG-04)", async () => {
  const { id, email } = await account("live", { password: HASH });
  // A signed-in account's own window, and its address's.
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
      // In the story of its address, but for what only a token or a session was sent with.
      const isTold = forgottenAs(email).includes(entry?.addressDigest ?? "");
      expect([action, isTold]).toEqual([action, !["email.prove", "account.create"].includes(action)]);
    }
  } finally {
    Object.assign(env().ipHourly, { requests, guesses });
  }
});

test("and of all together no more than 20,000", async () => {
  const minute = sql`floor(extract(epoch from now()) / 60)::int`;
  await db().execute(sql`
    insert into limit_windows (key, hits) values ('refusals *', jsonb_build_object(${minute}, 19999))
    on conflict (key) do update set hits = excluded.hits`);
  const before = await db().$count(auditLog);
  for (let at = 0; at < 3; at += 1) await noteRefusal(browser(), "session.start", "wrong password", freshEmail());
  expect((await db().$count(auditLog)) - before).toBe(1);
  await db().execute(sql`delete from limit_windows where key = 'refusals *'`);
});

test("the timeline tells it all in its order, page by page without gap or repetition, and never a code", async () => {
  const { id, email } = await account("live", { password: HASH });
  const code = await turnedAway(email);
  const guessed = { ...identifierOf(email), accountType: "live" as const, share: null };
  await underCharge(guessed, { locked: false, tripped: true, row: "apart" }, browser(), async () => false);
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
  // Nobody can find out the code from what an admin is shown.
  expect(code).toMatch(/^\d{6}$/);
  expect(JSON.stringify(first)).not.toContain(code);

  // The address alone has the same story, with or without an account.
  const alone = await timeline(db(), storyOf(null, [email]), null);
  expect(alone.items.length).toBe(50);
});
