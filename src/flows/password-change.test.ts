import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import * as passwords from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { withoutCommit } from "@/testing/commit";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshPhone, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import * as audits from "./audit";
import * as notices from "./notices";
import { changePassword } from "./password-change";
import { requestLink, reset } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();
const { costs } = cheapHashing();

const PASSWORD = "blue otter lamp chair";
const NEXT = "green heron window soup";
let passwordHash = "";
beforeAll(async () => {
  passwordHash = await passwords.hashPassword(PASSWORD, stranger);
});

type Row = Parameters<typeof account>[1];
/** A signed-in caller with a fresh proof. */
async function someone(row: Row = {}, type: "live" | "demo" = "live") {
  const made = await account(type, { password: passwordHash, ...row });
  const them = { accountType: type, id: made.id };
  return { ...made, them, from: await signedIn(them) };
}
const signsIn = async (address: string, password: string) =>
  (await signInByPassword(identifierOf(address), "live", password, browser())).ok;
const actions = async (id: string) =>
  (
    await db().execute<{ action: string }>(sql`select action from audit_log where account_id = ${id} order by s_no`)
  ).map(({ action }) => action);

describe("changing the password", () => {
  test("signs the others out, ends challenges and tells every proven address, if the old one is right (PWD-06, SES-06, REC-05)", async () => {
    const phone = freshPhone();
    const { id, email, them, from } = await someone({ phoneNumber: phone, phoneVerified: true });
    const [second, third, asking] = [await signedIn(them), await signedIn(them), browser()];
    await requestCode(identifierOf(email), "live", asking);
    const stale = (await queuedCode(email)) ?? "";
    await requestLink(email, "live", browser());
    const message = await queuedMessage(email);
    const link = message?.template === "reset-link" ? message.props.token : "";

    const changed = await changePassword(PASSWORD, NEXT, from);
    expect(changed).toMatchObject({ ok: true });
    expect(costs.at(-1)).toBe(12);
    for (const { secret } of [second, third, from]) expect(await sessionOf(secret)).toBeNull();
    expect(await sessionOf(changed.ok ? changed.value.sessionSecret : "")).toMatchObject({
      id: from.session?.id,
      proofs: ["password", "code"],
    });
    expect(await verifyCode(identifierOf(email), "live", stale, asking)).toMatchObject({ ok: false });
    expect(await reset(link, "yellow heron window bowl", {}, browser())).toMatchObject({ reason: "INVALID_TOKEN" });
    for (const address of [email, phone])
      expect(await queuedMessage(address)).toMatchObject({ template: "password-changed" });
    expect([await signsIn(email, PASSWORD), await signsIn(phone, NEXT)]).toEqual([false, true]);
    expect(await actions(id)).toEqual(["password.change", "session.start"]);
  });

  test("with a wrong old one, or none, changes and ends nothing", async () => {
    const { email, them, from } = await someone();
    const other = await signedIn(them);
    for (const current of ["not this one at all", "", null])
      expect(await changePassword(current, NEXT, from)).toEqual({
        ok: false,
        reason: "INVALID_CREDENTIALS",
        fieldErrors: { currentPassword: [expect.any(String)] },
      });
    expect([await sessionOf(other.secret), await sessionOf(from.secret)]).not.toContain(null);
    expect(await queuedMessage(email)).toBeNull();
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("with a weak new one is refused before the old one is compared", async () => {
    const { from } = await someone();
    const compared = vi.spyOn(passwords, "passwordMatches");
    expect(await changePassword(PASSWORD, "short", from)).toMatchObject({ reason: "PASSWORD_TOO_SHORT" });
    expect(await changePassword(PASSWORD, "passwordpassword", from)).toMatchObject({ reason: "PASSWORD_COMMON" });
    expect(await changePassword(PASSWORD, "x".repeat(257), from)).toMatchObject({ reason: "PASSWORD_TOO_LONG" });
    expect(compared).not.toHaveBeenCalled();
    compared.mockRestore();
  });

  test("without an old one sets the first password, once, and counts as a proof of it", async () => {
    const { id, email, from } = await someone({ password: null });
    const all = await Promise.all([NEXT, "yellow heron window bowl"].map((one) => changePassword(null, one, from)));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    const [set] = all.flatMap((one) => (one.ok ? [one.value.sessionSecret] : []));
    expect(await sessionOf(set ?? "")).toMatchObject({ proofs: ["password", "code"] });
    expect(await signsIn(email, all[0]?.ok ? NEXT : "yellow heron window bowl")).toBe(true);
    expect(await actions(id)).toEqual(["password.set", "session.start"]);
  });

  test("counts tries as sign-in does: after ten wrong ones the right one is not compared (lockout)", async () => {
    const { email, from } = await someone();
    const compared = vi.spyOn(passwords, "passwordMatches");
    for (let times = 0; times < 10; times += 1) await changePassword("not this one at all", NEXT, from);
    expect(await changePassword(PASSWORD, NEXT, from)).toMatchObject({ reason: "INVALID_CREDENTIALS" });
    expect(compared.mock.calls.filter(([, stored]) => stored !== null)).toHaveLength(10);
    compared.mockRestore();
    // This browser is a known device, so the strangers' share is not locked, and the owner is told.
    expect(await signsIn(email, PASSWORD)).toBe(true);
    const told = sql`recipient = ${email} and template = 'locked-out' and not decoy`;
    expect(await db().$count(deliveries, told)).toBe(1);
  });

  test("with the right old one forgives the tries before", async () => {
    const { from } = await someone();
    for (let times = 0; times < 9; times += 1) await changePassword("not this one at all", NEXT, from);
    const changed = await changePassword(PASSWORD, NEXT, from);
    expect(changed).toMatchObject({ ok: true });
    const again = { ...from, session: await sessionOf(changed.ok ? changed.value.sessionSecret : "") };
    for (let times = 0; times < 9; times += 1) await changePassword("not this one at all", PASSWORD, again);
    expect(await changePassword(NEXT, PASSWORD, again)).toMatchObject({ ok: true });
  });

  // The record is part of the change's transaction: both are there or neither.
  const faultIn = (spy: { mockRejectedValueOnce(fault: Error): { mockRestore(): void } }) => {
    const fault = spy.mockRejectedValueOnce(new Error("a fault"));
    return <T>(run: () => Promise<T>) => run().finally(() => fault.mockRestore());
  };
  test.each([
    ["in its midst", () => faultIn(vi.spyOn(notices, "notify"))],
    ["where it is written down", () => faultIn(vi.spyOn(audits, "audit"))],
    ["at its commit", () => withoutCommit],
  ])("with a fault %s changes, ends and records nothing (LOG-05)", async (_where, faulty) => {
    const { id, email, them, from } = await someone();
    const other = await signedIn(them);
    await expect(faulty()(() => changePassword(PASSWORD, NEXT, from))).rejects.toThrow();
    expect(await actions(id)).toEqual([]);
    expect([await sessionOf(other.secret), await sessionOf(from.secret)]).not.toContain(null);
    expect([await signsIn(email, PASSWORD), await signsIn(email, NEXT)]).toEqual([true, false]);
  });

  test("by two browsers at once happens once, and only that browser is signed in afterwards", async () => {
    for (let times = 0; times < 5; times += 1) {
      const { id, email, them, from } = await someone();
      const other = await signedIn(them);
      const all = await Promise.all([changePassword(PASSWORD, NEXT, from), changePassword(PASSWORD, NEXT, other)]);
      const won = all.flatMap((one) => (one.ok ? [one.value.sessionSecret] : []));
      expect(won).toHaveLength(1);
      const [row] = await db().execute<{ id: string }>(sql`select id from sessions where user_id = ${id}`);
      expect(await sessionOf(won[0] ?? "")).toMatchObject({ id: row?.id });
      expect(await signsIn(email, NEXT)).toBe(true);
    }
  });

  test("and a reset at once leave the later password, and cause no fault", async () => {
    for (let times = 0; times < 5; times += 1) {
      const { email, from } = await someone();
      await requestLink(email, "live", browser());
      const message = await queuedMessage(email);
      const link = message?.template === "reset-link" ? message.props.token : "";
      const [changed, done] = await Promise.all([
        changePassword(PASSWORD, NEXT, from),
        reset(link, "yellow heron window bowl", {}, browser()),
      ]);
      // A change ends the link and a reset ends the session, so only one succeeds.
      expect([changed.ok, done.ok].filter(Boolean)).toHaveLength(1);
      expect(await signsIn(email, done.ok ? "yellow heron window bowl" : NEXT)).toBe(true);
    }
  });

  test("needs a proof of the last ten minutes, both for an admin (SES-07)", async () => {
    const { them } = await someone();
    const old = await signedIn(them, { code: 601, password: 601 });
    expect(await changePassword(PASSWORD, NEXT, old)).toEqual({ ok: false, reason: "STEP_UP_REQUIRED" });
    const admin = await someone({ role: "ADMIN" });
    expect(await changePassword(PASSWORD, NEXT, admin.from)).toMatchObject({ reason: "STEP_UP_REQUIRED" });
    const both = await signedIn(admin.them, { code: 595, password: 595 });
    expect(await changePassword(PASSWORD, NEXT, both)).toMatchObject({ ok: true });
  });

  test("of a demo account leaves the live account with that address alone", async () => {
    const { email } = await someone();
    const { from } = await someone({ email }, "demo");
    expect(await changePassword(PASSWORD, NEXT, from)).toMatchObject({ ok: true });
    expect([await signsIn(email, PASSWORD), await signsIn(email, NEXT)]).toEqual([true, false]);
    expect(await signInByPassword(identifierOf(email), "demo", NEXT, browser())).toMatchObject({ ok: true });
    expect(await db().$count(users, eq(users.email, email))).toBe(1);
  });
});
