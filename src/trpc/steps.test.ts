import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { cookiesOf, testServer } from "@/testing/http";
import { account, browser, freshEmail, queuedCode } from "@/testing/people";
import { session } from "@/testing/sessions";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" });
const { mutate } = testServer();

const NEXT = "green heron window soup";

/** The rows that a step could change. Charges and audit entries are left out, because a refusal may write them. */
async function state(): Promise<string> {
  const tables = [
    "users",
    "demo_users",
    "sessions",
    "known_devices",
    "deliveries",
    "signup_otps",
    "otps",
    "email_otps",
  ];
  const all = [...tables, "phone_otps", "passcodes", "password_reset_otps", "email_verification_tokens"];
  const parts = all.map((name) => sql`select ${name} as name, t::text as row from ${sql.identifier(name)} t`);
  const rows = await db().execute<{ name: string; row: string }>(
    sql`select * from (${sql.join(parts, sql` union all `)}) r order by name, row`,
  );
  return JSON.stringify(rows);
}

/** Checks that a call is refused and changes nothing. */
async function refused(procedure: string, input: unknown, cookie = ""): Promise<void> {
  const before = await state();
  const answer = await mutate(procedure, input ?? {}, cookie ? { cookie } : {});
  const told = [procedure, JSON.stringify(input), answer.status];
  expect(answer.status, told.join(" ")).toBeGreaterThanOrEqual(400);
  expect(answer.status, told.join(" ")).toBeLessThan(500);
  // A refused ask may set the browser's id, but no other cookie.
  expect(String(answer.headers["set-cookie"] ?? ""), told.join(" ")).not.toMatch(/session=|device=/);
  expect(await state(), told.join(" ")).toBe(before);
}

/** Values that somebody may send instead of a token or a code. */
const forged = [null, "", " ", [], [""], {}, { $ne: null }, 0, true, "null", "undefined", "A".repeat(43)];

test("a step without the one before is refused with any forged token, and changes nothing (COD-10)", async () => {
  const { email } = await account("live");
  const identifier = email;
  for (const token of forged) {
    await refused("passwordReset.reset", { resetToken: token, newPassword: NEXT });
    await refused("passwordReset.reset", { resetToken: token, newPassword: NEXT, identifier, accountType: "live" });
    await refused("emailVerification.confirmLink", { token });
    await refused("signUp.completeProfile", { name: "Eve", password: NEXT, accountId: token });
    for (const step of ["signUp.verifyCode", "signIn.verifyCode", "passwordReset.verifyCode"])
      await refused(step, { identifier, code: token });
    await refused("emailVerification.verifyCode", { email, code: token });
  }
  await refused("passwordReset.reset", { newPassword: NEXT });
  await refused("signUp.completeProfile", { name: "Eve", password: NEXT });
  await refused("signUp.verifyCode", { identifier: freshEmail(), code: "123456" });
});

test("a session alone can neither confirm a change of address nor complete a profile again (COD-10)", async () => {
  const cookie = `latchkey_session=${await session({ accountType: "live", ...(await account("live")) })}`;
  for (const code of ["123456", "", null, [], {}]) {
    await refused("account.confirmEmailChange", { code }, cookie);
    await refused("account.confirmPhoneChange", { code }, cookie);
  }
  await refused("signUp.completeProfile", { name: "Eve", password: NEXT }, cookie);
});

test("a code, a reset token and a profile work once, and only at their own step (COD-10)", async () => {
  const identifier = freshEmail();
  const asking = cookiesOf(await mutate("signUp.requestCode", { identifier }));
  const code = await queuedCode(identifier);
  // The right code is refused at other steps.
  for (const step of ["signIn.verifyCode", "passwordReset.verifyCode"])
    await refused(step, { identifier, code }, asking);
  await refused("emailVerification.verifyCode", { email: identifier, code }, asking);
  const proven = await mutate("signUp.verifyCode", { identifier, code }, { cookie: asking });
  expect(proven.status).toBe(200);
  await refused("signUp.verifyCode", { identifier, code }, asking);
  // Before the profile is complete, the session may not do what an active account may.
  const cookie = cookiesOf(proven);
  await refused("account.updateProfile", { name: "Eve" }, cookie);
  await refused("account.changePassword", { newPassword: NEXT }, cookie);
  await refused("account.requestEmailChange", { newEmail: freshEmail() }, cookie);
  const done = await mutate("signUp.completeProfile", { name: "Ada", password: NEXT }, { cookie });
  expect(done.status).toBe(200);
  await refused("signUp.completeProfile", { name: "Eve", password: NEXT }, cookiesOf(done) || cookie);

  const lost = cookiesOf(await mutate("passwordReset.requestCode", { identifier }));
  const way = await mutate(
    "passwordReset.verifyCode",
    { identifier, code: await queuedCode(identifier) },
    { cookie: lost },
  );
  const { resetToken } = JSON.parse(way.body).result.data;
  // The reset token is no session secret.
  expect(way.headers["set-cookie"]).toBeUndefined();
  await refused("account.changePassword", { newPassword: NEXT }, `latchkey_session=${resetToken}`);
  const reset = await mutate(
    "passwordReset.reset",
    { resetToken, newPassword: "blue otter lamp chair" },
    { cookie: lost },
  );
  expect(reset.status).toBe(200);
  await refused("passwordReset.reset", { resetToken, newPassword: NEXT }, lost);
});

test("a reset sets no session cookie and ends every session of the account (REC-04)", async () => {
  const made = await account("live");
  const identifier = made.email;
  const before = [browser(), browser()].map(() => session({ accountType: "live", ...made }));
  const cookies = (await Promise.all(before)).map((secret) => `latchkey_session=${secret}`);
  const lost = cookiesOf(await mutate("passwordReset.requestCode", { identifier }));
  const [own = "", other = ""] = cookies;
  const cookie = `${lost}; ${own}`;
  const way = await mutate("passwordReset.verifyCode", { identifier, code: await queuedCode(identifier) }, { cookie });
  const { resetToken } = JSON.parse(way.body).result.data;
  const reset = await mutate("passwordReset.reset", { resetToken, newPassword: NEXT }, { cookie });
  expect(reset.status).toBe(200);
  expect([...(way.headers["set-cookie"] ?? []), ...(reset.headers["set-cookie"] ?? [])].join()).not.toMatch(
    /_session=/,
  );
  for (const over of [own, other]) await refused("account.updateProfile", { name: "Eve" }, over);
  expect(await db().execute(sql`select from sessions where user_id = ${made.id}`)).toHaveLength(0);
});
