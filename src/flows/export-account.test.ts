import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf, queuedCode } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { requestChange } from "./address-change";
import { unlock } from "./admin";
import { exportAccount } from "./export-account";
import { requestLink, requestCode as requestReset, verifyCode as verifyReset } from "./password-reset";
import { requestCode as requestSignIn } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await hashPassword(PASSWORD, stranger);
});

/** A signed-in caller with a fresh proof. */
async function someone(row: Parameters<typeof account>[1] = {}, type: "live" | "demo" = "live") {
  const made = await account(type, { password: passwordHash, ...row });
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const code = async (address: string) => (await queuedCode(address)) ?? "";
/** All values of these columns in any table: secrets that only the app may see. */
async function secrets(): Promise<string[]> {
  const columns = await db().execute<{ table: string; column: string }>(sql`
    select table_name as table, column_name as column from information_schema.columns where table_schema = 'public'
      and (column_name ~ '(password|hash|token|digest|sealed|browser|pending_email_otp)$' or column_name in ('otp', 'otp_code', 'code'))
      and data_type in ('text', 'character varying')`);
  const cells = [];
  for (const { table, column } of columns) {
    const name = sql.identifier(column);
    const rows = await db().execute<{ cell: string }>(
      sql`select ${name} as cell from ${sql.identifier(table)} where length(${name}) > 5`,
    );
    cells.push(...rows.map(({ cell }) => cell));
  }
  return cells;
}

describe("the export", () => {
  test("holds all data of the account, and no hash, digest or secret of any table (DAT-05)", async () => {
    const phone = freshPhone();
    const { id, email, them, from } = await someone({ phoneNumber: phone, phoneVerified: true, fullName: "Ada L." });
    const other = await signedIn(them);
    await requestSignIn(identifierOf(phone), "live", other);
    const newEmail = freshEmail();
    await requestChange("email-change", identifierOf(newEmail), from);
    await requestLink(email, "live", browser());
    const resetting = browser();
    await requestReset(identifierOf(email), "live", resetting);
    await verifyReset(identifierOf(email), "live", await code(email), resetting);
    const exported = await exportAccount(from);
    if (!exported.ok) throw new Error(exported.reason);
    const { account: told, sessions, devices, codes, messages, events } = exported.value;
    expect(told).toMatchObject({ id, email, phoneNumber: phone, fullName: "Ada L.", pendingEmail: newEmail });
    for (const row of codes) expect(row).toMatchObject({ userAgent: "test browser", expiresAt: expect.any(Date) });
    expect(codes.find(({ channel }) => channel === "sms")).toMatchObject({ phone, country: "US", sentAt: null });
    expect(messages.map(({ template, recipient, state }) => [template, recipient, state])).toEqual([
      ["code", email, "queued"],
      ["reset-link", email, "queued"],
      ["code", phone, "queued"],
    ]);
    expect([sessions.length, devices.length]).toEqual([2, 2]);
    expect(codes.map(({ purpose }) => purpose).sort((a, b) => (a ?? "").localeCompare(b ?? ""))).toEqual([
      "email-change",
      "password-reset",
      "reset-link",
      "sign-in",
    ]);
    expect(events).toMatchObject([{ action: "account.export", actor: "person" }]);
    const text = JSON.stringify(exported.value);
    const all = await secrets();
    expect(all.length).toBeGreaterThan(10);
    expect(all).toContain(passwordHash);
    expect(all.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toContain(from.secret);
  });

  test("is limited for each hour, because each adds an entry to a log that is never deleted", async () => {
    const { id, from } = await someone();
    const given = [];
    for (let at = 0; at < 31; at += 1) given.push(await exportAccount(from));
    expect(given.filter(({ ok }) => ok)).toHaveLength(30);
    expect(given.at(-1)).toMatchObject({ reason: "RATE_LIMITED", retryAfterSeconds: expect.any(Number) });
    const entries = sql`account_id = ${id} and action = 'account.export' and result = 'ok'`;
    expect(await db().$count(auditLog, entries)).toBe(30);
    // Another account at the same IP address has its own limit.
    const neighbour = { ...(await someone()).from, ipAddress: from.ipAddress };
    expect(await exportAccount(neighbour)).toMatchObject({ ok: true });
  });

  test("says that an admin acted, and neither why nor from where", async () => {
    const { id, from } = await someone();
    const admin = await account("live", { role: "ADMIN" });
    const by = await signedIn({ accountType: "live", ...admin }, { code: 0 }, { ipAddress: "203.0.113.77" });
    expect(await unlock({ id }, { admin: by }, "suspected, see ticket 7")).toMatchObject({ ok: true });
    const exported = await exportAccount(from);
    expect(exported.ok && exported.value.events).toMatchObject([
      { action: "account.export", actor: "person", ipAddress: from.ipAddress },
      { action: "admin.unlock", actor: "admin", reason: null, ipAddress: null, requestId: null },
    ]);
    expect(JSON.stringify(exported)).not.toMatch(/203\.0\.113\.77|ticket/);
  });

  test("holds no data of anybody else, also not of the demo account with the same address", async () => {
    const { email, from } = await someone();
    const demo = await someone({ email }, "demo");
    await requestSignIn(identifierOf(email), "demo", browser());
    const exported = await exportAccount(from);
    expect(exported).toMatchObject({ ok: true, value: { codes: [], sessions: [{ id: from.session?.id }] } });
    expect(JSON.stringify(exported)).not.toContain(demo.id);
  });

  test("needs a fresh proof, both for an admin (SES-07)", async () => {
    const { them } = await someone();
    expect(await exportAccount(await signedIn(them, { code: 601, password: 601 }))).toEqual({
      ok: false,
      reason: "STEP_UP_REQUIRED",
    });
    const admin = await someone({ role: "ADMIN" });
    expect(await exportAccount(admin.from)).toMatchObject({ reason: "STEP_UP_REQUIRED" });
  });
});
