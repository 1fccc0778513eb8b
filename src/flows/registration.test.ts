import { eq, sql } from "drizzle-orm";
import { describe, expect, test, vi } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { otpVerifications as ledger, passcodes } from "@/db/schema/otp";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, otherCode, queuedCode, queuedMessage } from "@/testing/people";
import { statementsOf } from "@/testing/statements";
import type { AskingCaller } from "./caller";
import * as consequences from "./consequences";
import { confirmLink, requestLink, verifyCode } from "./email-verification";
import { requestCode as requestReset } from "./password-reset";
import { register, requestCode } from "./registration";
import { signInByPassword } from "./sign-in";
import { requestCode as requestSignUp, verifyCode as verifySignUp } from "./sign-up";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";
const THEIRS = "attackers own password";

const rowOf = async (email: string) => (await db().select().from(users).where(eq(users.email, email)))[0];
const passcodesOf = async (email: string) =>
  db().select().from(passcodes).where(sql`user_id = (select id from users where email = ${email})`);
const signsIn = async (email: string, password: string) =>
  (await signInByPassword(identifierOf(email), "live", password, browser())).ok;
const code = async (email: string) => (await queuedCode(email)) ?? "";
const link = async (email: string) => {
  const message = await queuedMessage(email);
  return message?.template === "verification-link" ? message.props.token : "";
};
const cool = (email: string) =>
  db().execute(
    sql`update otp_verifications set created_at = created_at - interval '61 seconds' where email = ${email}`,
  );
const begin = (email: string, from: AskingCaller, password = PASSWORD, name: string | null = "Ada") =>
  register(email, { password, name }, from);

describe("registering with a password first (003)", () => {
  test("makes a row without a password and eight digits, and the digits prove the account", async () => {
    const [email, from] = [freshEmail(), browser()];
    expect(await begin(email, from)).toMatchObject({
      ok: true,
      value: { codeLength: 8, expiresInSeconds: 900, resendInSeconds: 0 },
    });
    expect(await rowOf(email)).toMatchObject({ password: null, name: null, emailVerified: false });
    expect(await code(email)).toMatch(/^\d{8}$/);
    const [waiting] = await passcodesOf(email);
    expect(waiting).toMatchObject({ isUsed: false, codeType: "VERIFICATION" });
    expect(waiting?.pendingPassword).toMatch(/^\$2/);
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true, value: { next: "account" } });
    expect(await rowOf(email)).toMatchObject({ name: "Ada", emailVerified: true, isProfileComplete: true });
    // 003: it is used only now, and the hash has moved to the account.
    expect(await passcodesOf(email)).toMatchObject([{ isUsed: true, pendingPassword: null, pendingName: null }]);
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("without a name leaves the profile to complete", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from, PASSWORD, null);
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true, value: { next: "profile" } });
  });

  test("sends a new passcode at once, as often as the hour allows, and deletes earlier ones, used ones too", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const first = await code(email);
    for (let times = 0; times < 4; times += 1) expect(await requestCode(email, from)).toMatchObject({ ok: true });
    expect(await requestCode(email, from)).toMatchObject({ ok: false, reason: "RATE_LIMITED" });
    expect(await passcodesOf(email)).toHaveLength(1);
    expect(await verifyCode(email, first, from)).toMatchObject({ ok: false, reason: "INVALID_CODE" });
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true });
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("twenty times at once leaves one passcode", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    await Promise.all(Array.from({ length: 20 }, () => requestCode(email, from)));
    expect(await passcodesOf(email)).toHaveLength(1);
  });

  test("with a fault after the right code leaves it unused, the account unproven and the registration waiting", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const fault = vi.spyOn(consequences, "signIn").mockRejectedValueOnce(new Error("a fault"));
    await expect(verifyCode(email, await code(email), from)).rejects.toThrow("a fault");
    fault.mockRestore();
    expect(await passcodesOf(email)).toMatchObject([{ isUsed: false, pendingName: "Ada" }]);
    expect(await rowOf(email)).toMatchObject({ emailVerified: false, password: null, name: null });
    expect(await db().select().from(ledger).where(eq(ledger.email, email))).toMatchObject([
      { isVerified: false, attempts: 1, supersededAt: null },
    ]);
    expect(await verifyCode(email, await code(email), from)).toMatchObject({ ok: true });
  });

  test("signs in one of twenty right codes at once, and makes one account", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const right = await code(email);
    const all = await Promise.all(Array.from({ length: 20 }, () => verifyCode(email, right, from)));
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await db().$count(sessions, eq(sessions.userId, (await rowOf(email))?.id ?? ""))).toBe(1);
    expect(await signsIn(email, PASSWORD)).toBe(true);
  });

  test("ends after five wrong codes, for known and unknown addresses, and the right one is then refused", async () => {
    const [email, known, from, other] = [freshEmail(), (await account("live")).email, browser(), browser()];
    await begin(email, from);
    await begin(known, other);
    const right = await code(email);
    for (const attemptsRemaining of [4, 3, 2, 1, 0]) {
      const wrong = await verifyCode(email, otherCode(right), from);
      expect(wrong).toEqual({ ok: false, reason: "INVALID_CODE", attemptsRemaining });
      expect(await verifyCode(known, "12345678", other)).toEqual(wrong);
    }
    expect(await verifyCode(email, right, from)).toMatchObject({ reason: "TOO_MANY_ATTEMPTS" });
    expect(await verifyCode(known, "12345678", other)).toMatchObject({ reason: "TOO_MANY_ATTEMPTS" });
  });

  test("deletes every passcode of the account at a resend, also used ones and ones inserted by plain SQL", async () => {
    const [email, from] = [freshEmail(), browser()];
    await begin(email, from);
    const { id = "" } = (await rowOf(email)) ?? {};
    await db().execute(sql`insert into passcodes (user_id, code_type, code, is_used, expires_at)
      values (${id}, 'VERIFICATION', 'used', true, now()), (${id}, 'VERIFICATION', 'old', true, now() - interval '1 day')`);
    await requestCode(email, from);
    expect(await passcodesOf(email)).toMatchObject([{ isUsed: false }]);
  });

  test.each([
    ["an active account", {}, "already-registered"],
    ["an incomplete account", { isProfileComplete: false }, "already-registered"],
    ["a deactivated account", { isActive: false }, "account-deactivated"],
    ["an unproven account", { emailVerified: false, isProfileComplete: false }, "code"],
    ["an invited address", { emailVerified: false, isProfileComplete: false, invitedAt: new Date() }, "code"],
  ])("tells the owner of %s the state, and gives the ordinary answer", async (_state, row, template) => {
    const { email } = await account("live", row);
    expect(await begin(email, browser())).toEqual(await begin(freshEmail(), browser()));
    expect(await queuedMessage(email)).toMatchObject({ template });
    expect(await passcodesOf(email)).toHaveLength(template === "code" ? 1 : 0);
  });

  test.each([
    ["an active account", {}, "already-registered"],
    ["an incomplete account", { isProfileComplete: false }, "already-registered"],
    ["a deactivated account", { isActive: false }, "account-deactivated"],
  ])("sends the notice at a resend, if the address became that of %s since", async (_state, row, template) => {
    const { email } = await account("live", row);
    expect(await requestCode(email, browser())).toEqual(await requestCode(freshEmail(), browser()));
    expect(await queuedMessage(email)).toMatchObject({ template });
    expect(await passcodesOf(email)).toHaveLength(0);
  });

  test("takes the same statements for an address with an account as for one without (law 1)", async () => {
    await begin(freshEmail(), browser()); // the driver looks types up once
    const asUnknown = await statementsOf(() => begin(freshEmail(), browser()));
    for (const row of [{}, { isActive: false }, { emailVerified: false, isProfileComplete: false }]) {
      const { email } = await account("live", row);
      expect(await statementsOf(() => begin(email, browser()))).toEqual(asUnknown);
    }
  });

  test("sends nothing to an address that its account has not proven", async () => {
    const phoneNumber = "+14155550101";
    const { email } = await account("live", { emailVerified: false, phoneNumber, phoneVerified: true });
    expect(await begin(email, browser())).toEqual(await begin(freshEmail(), browser()));
    expect(await db().execute(sql`select decoy from deliveries where recipient = ${email}`)).toEqual([{ decoy: true }]);
  });

  test("refuses a weak password before any other step", async () => {
    const email = freshEmail();
    expect(await begin(email, browser(), "short")).toMatchObject({ ok: false, reason: "PASSWORD_TOO_SHORT" });
    expect(await rowOf(email)).toBeUndefined();
  });
});

describe("two people register one address (REC-02)", () => {
  test("if the attacker is first, the mailbox's owner gets the account with their own password", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS, "Mallory");
    const stolen = await code(email);
    await begin(email, owner);
    expect(await verifyCode(email, stolen, attacker)).toMatchObject({ ok: false });
    expect(await verifyCode(email, await code(email), attacker)).toMatchObject({ ok: false });
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: true });
    expect(await rowOf(email)).toMatchObject({ name: "Ada" });
    expect([await signsIn(email, PASSWORD), await signsIn(email, THEIRS)]).toEqual([true, false]);
  });

  test("if the owner is first and the attacker second, the owner's password does not serve the attacker", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, owner);
    await begin(email, attacker, THEIRS, "Mallory");
    // The owner types the newest mail's code in their browser, which did not ask for it, and asks again there.
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: false, reason: "INVALID_CODE" });
    await requestCode(email, owner);
    expect(await verifyCode(email, await code(email), owner)).toMatchObject({ ok: true, value: { next: "profile" } });
    expect(await rowOf(email)).toMatchObject({ password: null, name: null });
    expect(await signsIn(email, THEIRS)).toBe(false);
  });

  test("a resend from another browser drops the waiting password; one from the same browser keeps it", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS);
    await requestCode(email, owner);
    expect(await passcodesOf(email)).toMatchObject([{ pendingPassword: null }]);
    await requestCode(email, attacker);
    expect(await passcodesOf(email)).toMatchObject([{ pendingPassword: null }]);
    const own = freshEmail();
    await begin(own, owner);
    await requestCode(own, owner);
    expect((await passcodesOf(own))[0]?.pendingPassword).toMatch(/^\$2/);
  });

  test("a link that the attacker asked for and the owner clicks gives the attacker neither password nor session", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS, "Mallory");
    expect(await requestLink(email, attacker)).toMatchObject({ ok: true });
    expect(await confirmLink(await link(email), owner)).toEqual({
      ok: true,
      value: { next: "signin", sessionSecret: null },
    });
    const row = await rowOf(email);
    expect(row).toMatchObject({ emailVerified: true, password: null, name: null });
    expect(await signsIn(email, THEIRS)).toBe(false);
    expect(await db().$count(sessions, eq(sessions.userId, row?.id ?? ""))).toBe(0);
    // The attacker's code no longer works.
    expect(await verifyCode(email, (await code(email)) || "12345678", attacker)).toMatchObject({ ok: false });
    expect(await passcodesOf(email)).toHaveLength(0);
  });
});

describe("only the owner of the mailbox gets the account, whatever a stranger began for the address (REC-02)", () => {
  type Key = () => Promise<{ ok: boolean }>;
  /** The attacks of a stranger, and the later tries with the right codes, in case the stranger learns them. */
  const attacks: Record<string, (email: string, from: AskingCaller) => Promise<Key[]>> = {
    async "registers it"(email, from) {
      await begin(email, from, THEIRS, "Mallory");
      const theirs = await code(email);
      return [() => verifyCode(email, theirs, from)];
    },
    async "registers it and asks for the passcode again"(email, from) {
      await begin(email, from, THEIRS, "Mallory");
      await requestCode(email, from);
      const theirs = await code(email);
      return [() => verifyCode(email, theirs, from)];
    },
    async "registers it and asks for a link"(email, from) {
      await begin(email, from, THEIRS, "Mallory");
      const theirs = await code(email);
      await requestLink(email, from);
      const token = await link(email);
      return [() => verifyCode(email, theirs, from), () => confirmLink(token, from)];
    },
    async "asks for a sign-up code and a reset"(email, from) {
      await requestSignUp(identifierOf(email), "live", from);
      const theirs = await code(email);
      await requestReset(identifierOf(email), "live", from);
      return [() => verifySignUp(identifierOf(email), "live", theirs, from)];
    },
  };
  /** How the owner of the mailbox asks and proves, and whether that sets a password. */
  type Way = {
    ask: (email: string, from: AskingCaller) => Promise<unknown>;
    prove: (email: string, from: AskingCaller) => Promise<unknown>;
    hasPassword: boolean;
  };
  const ways: Record<string, Way> = {
    "registers and types the passcode": {
      ask: (email, from) => begin(email, from),
      prove: async (email, from) => verifyCode(email, await code(email), from),
      hasPassword: true,
    },
    "registers and clicks a link": {
      async ask(email, from) {
        await begin(email, from);
        await cool(email);
        await requestLink(email, from);
      },
      prove: async (email, from) => confirmLink(await link(email), from),
      hasPassword: true,
    },
    "signs up by code": {
      async ask(email, from) {
        await cool(email);
        await requestSignUp(identifierOf(email), "live", from);
      },
      prove: async (email, from) => verifySignUp(identifierOf(email), "live", await code(email), from),
      hasPassword: false,
    },
  };
  const every = Object.keys(attacks).flatMap((attack) => Object.keys(ways).map((way) => [attack, way] as const));

  async function outcome(email: string, keys: Key[], hasPassword: boolean) {
    const row = await rowOf(email);
    expect(row).toMatchObject({ emailVerified: true, name: hasPassword ? "Ada" : null });
    expect(row?.password === null).toBe(!hasPassword);
    for (const key of keys) expect(await key()).toMatchObject({ ok: false });
    // The session is the owner's, and there is no other.
    expect(await db().$count(sessions, eq(sessions.userId, row?.id ?? ""))).toBe(1);
    expect([await signsIn(email, PASSWORD), await signsIn(email, THEIRS)]).toEqual([hasPassword, false]);
    expect(await db().$count(passcodes, sql`pending_password is not null and user_id = ${row?.id}`)).toBe(0);
  }

  test.each(every)("a stranger %s; the owner %s", async (attack, way) => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    const keys = (await attacks[attack]?.(email, attacker)) ?? [];
    await ways[way]?.ask(email, owner);
    expect(await ways[way]?.prove(email, owner)).toMatchObject({ ok: true });
    await outcome(email, keys, ways[way]?.hasPassword ?? false);
  });

  test.each(every)("a stranger %s while the owner %s, and then asks once more", async (attack, way) => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await ways[way]?.ask(email, owner);
    const keys = (await attacks[attack]?.(email, attacker)) ?? [];
    await ways[way]?.ask(email, owner);
    expect(await ways[way]?.prove(email, owner)).toMatchObject({ ok: true });
    await outcome(email, keys, ways[way]?.hasPassword ?? false);
  });

  test("a link of the owner, clicked where a stranger has registered, does not use the stranger's password", async () => {
    const [email, attacker, owner] = [freshEmail(), browser(), browser()];
    await begin(email, attacker, THEIRS, "Mallory");
    await requestLink(email, owner);
    expect(await confirmLink(await link(email), attacker)).toEqual({
      ok: true,
      value: { next: "signin", sessionSecret: null },
    });
    expect(await rowOf(email)).toMatchObject({ password: null, name: null });
    expect(await signsIn(email, THEIRS)).toBe(false);
  });
});
