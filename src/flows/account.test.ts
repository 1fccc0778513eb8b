import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { otpHistory, updateOwnProfile } from "./account";

testDatabase();

async function someone(row: Parameters<typeof account>[1] = {}, type: "live" | "demo" = "live") {
  const made = await account(type, row);
  return { ...made, from: await signedIn({ accountType: type, id: made.id }) };
}
const name = () => `ada${randomBytes(5).toString("hex")}`;

test("a change of the profile keeps the fields left out, and empties the fields with null", async () => {
  const { id, from } = await someone({ name: "Ada", country: "UK", dob: "1990-05-01" });
  const username = name();
  expect(await updateOwnProfile({ username, country: null }, from)).toMatchObject({
    ok: true,
    value: { username, country: null, name: "Ada", dob: "1990-05-01" },
  });
  expect(await db().select().from(users).where(eq(users.id, id))).toMatchObject([
    { username, name: "Ada", country: null, dob: "1990-05-01" },
  ]);
});

test("a username is taken in any case of letters, but not by its own account or by a demo account", async () => {
  const [{ from }, other, demo] = [await someone(), await someone(), await someone({}, "demo")];
  const username = name();
  await updateOwnProfile({ username }, from);
  expect(await updateOwnProfile({ username: username.toUpperCase() }, other.from)).toEqual({
    ok: false,
    reason: "TAKEN",
    fieldErrors: { username: [expect.any(String)] },
  });
  expect(await updateOwnProfile({ username: username.toUpperCase() }, from)).toMatchObject({ ok: true });
  expect(await updateOwnProfile({ username }, demo.from)).toMatchObject({ ok: true });
});

test("ten who want one username at once leave one with it, and cause no fault", async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => someone()));
  const username = name();
  const all = await Promise.all(people.map(({ from }) => updateOwnProfile({ username }, from)));
  expect(all.filter(({ ok }) => ok)).toHaveLength(1);
  expect(all.filter((one) => !one.ok && one.reason === "TAKEN")).toHaveLength(9);
});

test("the history shows the account's own newest twenty codes, newest first, without digests (000)", async () => {
  const [{ id, email, from }, other] = [await someone(), await someone()];
  await db().execute(sql`insert into otp_verifications (user_id, email, purpose, channel, otp, browser, created_at)
    select ${id}, ${email}, 'sign-in', 'email', 'digest', 'browser', now() - n * interval '1 day' from generate_series(1, 25) n`);
  await db().execute(
    sql`insert into otp_verifications (user_id, email, purpose) values (${other.id}, ${email}, 'sign-in')`,
  );
  const history = await otpHistory(from);
  if (!history.ok) throw new Error("refused");
  expect(history.value).toHaveLength(20);
  const days = history.value.map(({ createdAt }) => Math.round((Date.now() - createdAt.getTime()) / 86_400_000));
  expect(days).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  expect(Object.keys(history.value[0] ?? {}).sort()).toEqual([
    "attempts",
    "channel",
    "createdAt",
    "email",
    "ipAddress",
    "isVerified",
    "phone",
    "purpose",
    "sNo",
    "verifiedAt",
  ]);
});

test("a demo account's history is separate from the live account's with the same address", async () => {
  const { email } = await someone();
  const { id, from } = await someone({ email }, "demo");
  await db().execute(
    sql`insert into otp_verifications (demo_user_id, user_type, email, purpose) values (${id}, 'demo', ${email}, 'sign-in')`,
  );
  await db().execute(sql`insert into otp_verifications (email, purpose) values (${email}, 'sign-up')`);
  expect(await otpHistory(from)).toMatchObject({ ok: true, value: [{ purpose: "sign-in" }] });
});
