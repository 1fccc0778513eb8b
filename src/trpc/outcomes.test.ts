import { asc, gt } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { knownDevices } from "@/db/schema/devices";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { cookiesOf, testServer } from "@/testing/http";
import { account, freshEmail, otherCode, queuedCode } from "@/testing/people";
import { session } from "@/testing/sessions";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
const { send, mutate } = testServer();

const PASSWORD = "blue otter lamp chair";
const NEXT = "green heron window soup";

let last = 0;
/** The data of the newest answer. */
let told: Record<string, unknown> = {};
/** The audit log's entries since the last call. */
async function written() {
  const rows = await db().select().from(auditLog).where(gt(auditLog.sNo, last)).orderBy(asc(auditLog.sNo));
  last = rows.at(-1)?.sNo ?? last;
  return rows;
}

/** A browser whose calls return their audit entries. Checks each entry's request id, address and time. */
function visitor(cookie = "") {
  const jar = new Map(cookie ? [cookie.split("=") as [string, string]] : []);
  return async (procedure: string, input: unknown, isQuery = false) => {
    await written();
    const headers = { cookie: [...jar].map((pair) => pair.join("=")).join("; ") };
    const answer = isQuery
      ? await send(`/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers })
      : await mutate(procedure, input, headers);
    told = JSON.parse(answer.body).result?.data ?? {};
    for (const pair of cookiesOf(answer).split("; ").filter(Boolean)) {
      const [name = "", value = ""] = pair.split("=");
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    const rows = await written();
    for (const row of rows) {
      expect(row).toMatchObject({ requestId: answer.headers["x-request-id"], ipAddress: "127.0.0.1" });
      expect(Math.abs(row.at.getTime() - Date.now())).toBeLessThan(60_000);
    }
    return rows.map(({ actor, action, result, reason }) => [actor, action, result, reason].filter(Boolean).join(" "));
  };
}

test("each outcome of sign-up, sign-in, sign-out, password change and deletion writes its audit entry (LOG-03)", async () => {
  const identifier = freshEmail();
  const call = visitor();
  expect(await call("signUp.requestCode", { identifier })).toEqual([]); // it is in the ledger
  expect(await call("signUp.requestCode", { identifier })).toEqual(["person code.ask refused cooldown"]);
  const code = (await queuedCode(identifier)) ?? "";
  expect(await call("signUp.verifyCode", { identifier, code: otherCode(code) })).toEqual([]); // it is in the ledger
  expect(await call("signUp.verifyCode", { identifier, code })).toEqual([
    "person email.prove ok",
    "person session.start ok code",
  ]);
  expect(await call("signUp.completeProfile", { name: "Ada", password: PASSWORD })).toEqual([
    "person account.create ok",
    "person password.set ok",
  ]);
  expect(await call("account.changePassword", { currentPassword: "not this one", newPassword: NEXT })).toEqual([
    "person password.change refused wrong password",
  ]);
  expect(await call("account.changePassword", { currentPassword: PASSWORD, newPassword: NEXT })).toEqual([
    "person password.change ok",
  ]);
  expect(await call("signIn.password", { identifier, password: NEXT })).toEqual(["person session.step-up ok password"]);
  expect(await call("signIn.signOut", {})).toEqual(["person session.end ok"]);
  expect(await call("signIn.signOut", {})).toEqual([]);
  expect(await call("signIn.password", { identifier, password: PASSWORD })).toEqual([
    "person session.start refused wrong password",
  ]);
  expect(await call("signIn.password", { identifier: freshEmail(), password: PASSWORD })).toEqual([
    "person session.start refused no account to sign in to",
  ]);
  expect(await call("signIn.password", { identifier, password: NEXT })).toEqual(["person session.start ok password"]);
  expect(await call("account.revokeOtherSessions", {})).toEqual(["person session.revoke ok all others"]);
  expect(await call("account.export", {}, true)).toEqual(["person account.export ok"]);

  const [known] = await db().select().from(knownDevices);
  expect(await call("account.forgetDevice", { id: known?.id })).toEqual(["person device.forget ok"]);

  const newEmail = freshEmail();
  expect(await call("account.requestEmailChange", { newEmail })).toEqual([]);
  const changing = await queuedCode(newEmail);
  expect(await call("account.confirmEmailChange", { code: changing })).toEqual(["person email.change ok"]);
  expect(await call("account.delete", { confirm: "delete" })).toEqual(["person account.delete ok"]);
});

test("each outcome of a password reset by code writes its audit entry (LOG-03)", async () => {
  const { email: identifier } = await account("live");
  const call = visitor();
  expect(await call("passwordReset.requestCode", { identifier })).toEqual([]);
  const code = await queuedCode(identifier);
  expect(await visitor()("passwordReset.verifyCode", { identifier, code })).toEqual([
    "person code.check refused no code in this browser",
  ]);
  expect(await call("passwordReset.verifyCode", { identifier, code })).toEqual([]); // it is in the ledger
  const resetToken = told.resetToken;
  expect(await call("passwordReset.reset", { resetToken, newPassword: NEXT })).toEqual([
    "person password.reset ok reset-token",
  ]);
});

test("each act of an admin writes an audit entry with the admin and the reason (ADM-06)", async () => {
  const admin = await account("live", { role: "ADMIN" });
  const secret = await session({ accountType: "live", ...admin }, { code: 0, password: 0 });
  const call = visitor(`latchkey_session=${secret}`);
  const { id, email } = await account("live", { password: "a hash" });
  const reason = "as asked";
  const [known] = await db()
    .insert(knownDevices)
    .values({ userId: id, secretHash: "x" })
    .returning({ id: knownDevices.id });
  const deviceId = known?.id;
  const done: [string, object, string][] = [
    ["invite", { email: freshEmail() }, "admin.invite"],
    ["unlock", { id }, "admin.unlock"],
    ["sendReset", { id }, "admin.reset"],
    ["forgetDevice", { id, deviceId }, "admin.forget-device"],
    ["revokeSessions", { id }, "admin.revoke-sessions"],
    ["setRole", { id, role: "ADMIN" }, "admin.grant"],
    ["setRole", { id, role: "USER" }, "admin.revoke"],
    ["setActive", { id, active: false }, "admin.set-active"],
    ["setActive", { id, active: true }, "admin.set-active"],
    ["delete", { id }, "admin.delete"],
  ];
  for (const [procedure, input, action] of done) {
    const before = last;
    const rows = await call(`admin.users.${procedure}`, { ...input, reason });
    expect(rows, procedure).toHaveLength(1);
    expect(rows[0]).toContain(`admin ${action} ok`);
    const [row] = await db().select().from(auditLog).where(gt(auditLog.sNo, before)).orderBy(asc(auditLog.sNo));
    expect(row).toMatchObject({ actor: "admin", actorId: admin.id, reason: expect.stringContaining(reason) });
  }
  expect(await call("admin.users.story", { address: email, reveal: true }, true)).toEqual([
    "admin admin.reveal ok story of an address",
  ]);
});
