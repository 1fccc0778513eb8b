import { eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { sessions } from "@/db/schema/sessions";
import { testDatabase } from "@/testing/database";
import { cheapHashing, stranger } from "@/testing/hashing";
import { account, browser, freshEmail, identifierOf, queuedCode } from "@/testing/people";
import { me } from "./account";
import { confirmChange, requestChange } from "./address-change";
import { challengeOf } from "./ask";
import type { AskingCaller } from "./caller";
import { exportAccount } from "./export-account";
import { sessionOf } from "./session";
import { requestCode, signInByPassword, verifyCode } from "./sign-in";

testDatabase();
cheapHashing();

const PASSWORD = "blue otter lamp chair";

/** The caller after a sign-in or one more proof. */
async function proving(from: AskingCaller, email: string, proof: "password" | "code"): Promise<AskingCaller> {
  const to = identifierOf(email);
  if (proof === "code") await requestCode(to, "live", from);
  const proven =
    proof === "code"
      ? await verifyCode(to, "live", (await queuedCode(email)) ?? "", from)
      : await signInByPassword(to, "live", PASSWORD, from);
  if (!proven.ok) throw new Error(proven.reason);
  return { ...from, session: await sessionOf(proven.value.sessionSecret) };
}

/** The same caller with older proofs; its session is looked up anew. */
async function aged(from: AskingCaller, ages: { password?: number; code?: number }): Promise<AskingCaller> {
  const id = from.session?.id ?? "";
  const ago = (seconds: number | undefined) =>
    seconds === undefined ? null : sql`now() - make_interval(secs => ${seconds})`;
  const proofs = { passwordProvedAt: ago(ages.password), codeProvedAt: ago(ages.code) };
  await db().update(sessions).set(proofs).where(eq(sessions.id, id));
  const { password = null, code = null } = ages;
  return { ...from, session: from.session && { ...from.session, proofAges: { password, code } } };
}

async function person({ password = true, admin = false } = {}) {
  return account("live", {
    password: password ? await hashPassword(PASSWORD, stranger) : null,
    role: admin ? "ADMIN" : "USER",
  });
}

const missing = async (from: AskingCaller) => (await me(from))?.missingProofs;

describe("the missing proofs before a change", () => {
  test("are none for ten minutes after either proof, then either of both", async () => {
    const { email } = await person();
    const from = await proving(browser(), email, "password");
    expect(await missing(from)).toEqual([]);
    expect(await missing(await aged(from, { code: 600 }))).toEqual([]);
    expect(await missing(await aged(from, { password: 601 }))).toEqual(["password", "code"]);
  });

  test("are only a code if there is no password", async () => {
    const { email } = await person({ password: false });
    const from = await proving(browser(), email, "code");
    expect(await missing(await aged(from, { code: 601 }))).toEqual(["code"]);
  });

  test("are each proof older than ten minutes for an admin", async () => {
    const { email } = await person({ admin: true });
    const from = await proving(browser(), email, "password");
    expect(await missing(from)).toEqual(["code"]);
    expect(await missing(await aged(from, { password: 601, code: 600 }))).toEqual(["password"]);
    expect(await missing(await aged(from, { password: 601, code: 601 }))).toEqual(["password", "code"]);
    expect(await missing(await aged(from, { password: 600, code: 600 }))).toEqual([]);
  });

  test.each(["password", "code"] as const)("are given by another sign-in by %s", async (proof) => {
    const { email } = await person();
    const signedIn = await proving(browser(), email, "password");
    const old = await aged(signedIn, { password: 601 });
    expect(await exportAccount(old)).toMatchObject({ ok: false, reason: "STEP_UP_REQUIRED" });
    const again = await proving(old, email, proof);
    expect(again.session?.id).toBe(signedIn.session?.id);
    expect(await missing(again)).toEqual([]);
    expect(await exportAccount(again)).toMatchObject({ ok: true });
  });
});

describe("an open change of address", () => {
  test("is shown again to the account that asked, in its browser, and to no other account there", async () => {
    const [own, other] = [await person(), await person()];
    const shared = browser();
    const from = await proving(shared, own.email, "password");
    const newEmail = freshEmail();
    await requestChange("email-change", identifierOf(newEmail), from);
    expect(await challengeOf("email-change", from)).toMatchObject({ identifier: newEmail });
    expect(await challengeOf("email-change", { ...from, session: null })).toBeNull();
    expect(await challengeOf("email-change", await proving(shared, other.email, "password"))).toBeNull();
  });

  test("is shown as ended after another change has ended it", async () => {
    const { id, email } = await person();
    const from = await proving(browser(), email, "password");
    const [first, second] = [freshEmail(), freshEmail()];
    await requestChange("email-change", identifierOf(first), from);
    const beside = await proving(browser(), email, "password");
    await requestChange("email-change", identifierOf(second), beside);
    const changed = await confirmChange("email-change", (await queuedCode(second)) ?? "", beside);
    expect(changed).toMatchObject({ ok: true });
    const [row] = await db().select({ email: users.email }).from(users).where(eq(users.id, id));
    expect(row?.email).toBe(second);
    expect(await challengeOf("email-change", from)).toMatchObject({ receipt: { expiresInSeconds: 0 } });
  });
});
