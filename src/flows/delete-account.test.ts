import { and, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { demoUsers, users } from "@/db/schema/accounts";
import { deliveries } from "@/db/schema/deliveries";
import { otpVerifications as ledger } from "@/db/schema/otp";
import { deliver } from "@/delivery/deliver";
import { noteSent } from "@/otp/deliveries";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, freshPhone, identifierOf, queuedCode, queuedMessage } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { me } from "./account";
import { confirmChange, requestChange } from "./address-change";
import { deleteOwnAccount } from "./delete-account";
import * as notices from "./notices";
import { requestLink, requestCode as requestReset } from "./password-reset";
import { sessionOf } from "./session";
import { requestCode as requestSignIn, signInByPassword, verifyCode as verifySignIn } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

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
const cool = (email: string) =>
  db().execute(
    sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
  );

/** The tables, including the queue's, with a row that holds this text in any column. */
async function tablesHolding(text: string): Promise<string[]> {
  const tables = await db().execute<{ name: string }>(sql`select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)`);
  const found = [];
  for (const { name } of tables) {
    const rows = await db().execute(sql`select from ${sql.raw(name)} t where strpos(t::text, ${text}) > 0 limit 1`);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

/** Sends everything that is queued, as the worker does. */
async function work(): Promise<void> {
  const waiting = await db().select().from(deliveries).where(eq(deliveries.state, "queued"));
  for (const { id } of waiting) await deliver(id);
}
describe("deleting one's account (DAT-04)", () => {
  test("leaves its addresses nowhere after the last message is sent; totals and the audit log stay", async () => {
    const phone = freshPhone();
    const username = `u${phone.slice(1)}`;
    const { id, email, from } = await someone({ phoneNumber: phone, phoneVerified: true, username });
    await requestSignIn(identifierOf(email), "live", browser());
    await requestReset(identifierOf(phone), "live", browser());
    await requestLink(email, "live", browser());
    await signInByPassword(identifierOf(email), "live", "wrong wrong wrong", browser());
    await signInByPassword(identifierOf(email), "live", PASSWORD, browser());
    await work(); // the inbox now holds the addresses
    await requestChange("email-change", identifierOf(freshEmail()), from);
    await db().execute(
      sql`insert into otp_verifications (email, purpose, channel, ip_address) values (${email}, 'sign-up', 'email', '203.0.113.9')`,
    );
    const totals = () =>
      db().execute(sql`select created_at::date, purpose, channel, count(*)::int, sum(attempts)::int
        from otp_verifications group by 1, 2, 3 order by 1, 2, 3`);
    const before = await totals();
    for (const trace of [email, phone, username]) expect(await tablesHolding(trace)).not.toEqual([]);

    expect(await deleteOwnAccount(from)).toEqual({ ok: true, value: { ok: true } });
    expect(await totals()).toEqual(before);
    for (const address of [email, phone]) {
      // Only the last message still has the address.
      expect(await queuedMessage(address)).toMatchObject({ template: "account-deleted" });
      expect(await tablesHolding(address)).toEqual(["deliveries"]);
      expect(await db().$count(deliveries, eq(deliveries.recipient, address))).toBe(1);
    }
    await work();
    await db().execute(sql`delete from inbox_messages`); // the inbox would show them for a day
    for (const trace of [email, phone, username]) expect(await tablesHolding(trace)).toEqual([]);
    expect(await tablesHolding(id)).toEqual(["audit_log"]);
    expect(
      await db().execute(
        sql`select action, address_digest from audit_log where account_id = ${id} order by s_no desc limit 1`,
      ),
    ).toEqual([{ action: "account.delete", address_digest: null }]);
  });

  test("leaves a former address nowhere, unless another account has it now", async () => {
    const { email: first, them, from } = await someone();
    const [second, third] = [freshEmail(), freshEmail()];
    await requestChange("email-change", identifierOf(second), from);
    await confirmChange("email-change", await code(second), from);
    const again = await signedIn(them);
    await requestChange("email-change", identifierOf(third), again);
    await confirmChange("email-change", await code(third), again);
    // Another account takes the second address and asks for a sign-in.
    const { id: heir } = await someone({ email: second });
    await cool(second);
    const signingIn = browser();
    await requestSignIn(identifierOf(second), "live", signingIn);
    // The first address was proven before the ledger existed.
    await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, is_verified, verified_at)
      values (${them.id}, ${first}, 'sign-up', 'email', true, now())`);
    await deleteOwnAccount(await signedIn(them));
    await work();
    await db().execute(sql`delete from inbox_messages`);
    expect([await tablesHolding(first), await tablesHolding(third)]).toEqual([[], []]);
    expect(await db().$count(users, and(eq(users.id, heir), eq(users.email, second)))).toBe(1);
    expect(await db().select().from(ledger).where(eq(ledger.email, second))).toMatchObject([
      { userId: heir, purpose: "sign-in", supersededAt: null },
    ]);
  });

  test("leaves the codes, messages and story of a live account with the demo account's address alone", async () => {
    const { email, id } = await someone();
    const demo = await someone({ email }, "demo");
    const asking = browser();
    await requestSignIn(identifierOf(email), "live", asking);
    const right = await code(email);
    await requestSignIn(identifierOf(email), "demo", browser());
    expect(await deleteOwnAccount(demo.from)).toMatchObject({ ok: true });
    expect(await db().$count(demoUsers, eq(demoUsers.id, demo.id))).toBe(0);
    const queued = await db().select().from(deliveries).where(eq(deliveries.recipient, email));
    expect(
      queued.map(({ template, state }) => [template, state]).sort(([a = ""], [b = ""]) => a.localeCompare(b)),
    ).toEqual([
      ["account-deleted", "queued"],
      ["code", "queued"],
    ]);
    expect(await verifySignIn(identifierOf(email), "live", right, asking)).toMatchObject({ ok: true });
    expect(await db().$count(ledger, eq(ledger.userId, id))).toBe(1);
  });

  test("keeps what others asked for at its address, without the address", async () => {
    const [{ email, from }, other] = [await someone(), await someone()];
    await requestChange("email-change", identifierOf(email), other.from);
    expect(await deleteOwnAccount(from)).toMatchObject({ ok: true });
    expect(await db().select().from(ledger).where(eq(ledger.userId, other.id))).toMatchObject([
      { purpose: "email-change", email: null, mailDomain: null, browser: other.from.browser },
    ]);
    expect(await db().select().from(users).where(eq(users.id, other.id))).toMatchObject([
      { email: other.email, pendingEmail: null, pendingEmailOtp: null },
    ]);
    await work();
    await db().execute(sql`delete from inbox_messages`);
    expect(await tablesHolding(email)).toEqual([]);
  });

  test("ends every session, code and link at once, and a new sign-up with the address sees nothing of the old account", async () => {
    const { id, email, them, from } = await someone({ name: "Ada", country: "UK" });
    const other = await signedIn(them);
    const asking = browser();
    await requestSignIn(identifierOf(email), "live", asking);
    const stale = await code(email);
    await deleteOwnAccount(from);
    expect([await sessionOf(from.secret), await sessionOf(other.secret)]).toEqual([null, null]);
    expect(await me(other)).toBeNull();
    expect(await verifySignIn(identifierOf(email), "live", stale, asking)).toMatchObject({ ok: false });

    const next = browser();
    await requestSignUp(identifierOf(email), "live", next);
    expect(await verifySignUp(identifierOf(email), "live", await code(email), next)).toMatchObject({ ok: true });
    const [row] = await db().select().from(users).where(eq(users.email, email));
    expect(row).toMatchObject({ name: null, country: null, password: null });
    expect(row?.id).not.toBe(id);
    expect(await db().$count(ledger, eq(ledger.userId, row?.id ?? ""))).toBe(1);
  });

  test("twice at once deletes and tells once", async () => {
    const { id, email, them, from } = await someone();
    const all = await Promise.all([from, await signedIn(them), from].map((one) => deleteOwnAccount(one)));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(all.filter((one) => !one.ok && one.reason !== "UNAUTHORIZED")).toEqual([]);
    const told = and(eq(deliveries.recipient, email), eq(deliveries.template, "account-deleted"));
    expect(await db().$count(deliveries, told)).toBe(1);
    expect(await db().execute(sql`select action from audit_log where account_id = ${id}`)).toHaveLength(1);
  });

  test("from a session that ended meanwhile deletes nothing", async () => {
    const { id, from } = await someone();
    await db().execute(sql`delete from sessions where id = ${from.session?.id}`);
    expect(await deleteOwnAccount(from)).toEqual({ ok: false, reason: "UNAUTHORIZED" });
    expect(await db().$count(users, eq(users.id, id))).toBe(1);
  });

  test("with a fault half-way deletes nothing, and queued messages are still sent", async () => {
    const { id, email, from } = await someone();
    await requestSignIn(identifierOf(email), "live", browser());
    const fault = vi.spyOn(notices, "notify").mockRejectedValueOnce(new Error("a fault"));
    await expect(deleteOwnAccount(from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await sessionOf(from.secret)).not.toBeNull();
    expect(await queuedCode(email)).toMatch(/^\d{6}$/);
    expect(await db().execute(sql`select from audit_log where account_id = ${id}`)).toHaveLength(0);
  });

  test("during the sending of its messages makes nobody wait, and leaves nothing", async () => {
    for (let times = 0; times < 6; times += 1) {
      const { email, from } = await someone();
      await requestSignIn(identifierOf(email), "live", browser());
      await requestReset(identifierOf(email), "live", browser());
      const queued = await db().select().from(deliveries).where(eq(deliveries.recipient, email));
      const [done] = await Promise.all([
        deleteOwnAccount(from),
        ...queued.map(({ id }) => deliver(id, { onSent: noteSent })),
      ]);
      expect(done).toMatchObject({ ok: true });
      expect(await db().$count(ledger, eq(ledger.email, email))).toBe(0);
    }
  });

  test("needs a fresh proof, also with an incomplete profile (SES-07)", async () => {
    const half = await someone({ isProfileComplete: false });
    const stale = await signedIn(half.them, { code: 601 });
    expect(await deleteOwnAccount(stale)).toEqual({ ok: false, reason: "STEP_UP_REQUIRED" });
    expect(await deleteOwnAccount(half.from)).toMatchObject({ ok: true });
  });
});
