import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { listCodes } from "./codes";
import { failedAttempts } from "./failed-attempts";

testDatabase();

test("a demo account's id finds its own codes only, newest first", async () => {
  const [demo, other, live] = [await account("demo"), await account("demo"), await account("live")];
  await db().execute(sql`insert into otp_verifications (demo_user_id, user_id, user_type, purpose, channel, created_at)
    values (${demo.id}, null, 'demo', 'sign-in', 'email', now() - interval '2 minutes'),
      (${demo.id}, null, 'demo', 'password-reset', 'email', now()),
      (${other.id}, null, 'demo', 'sign-in', 'email', now()), (null, ${live.id}, 'live', 'sign-in', 'email', now())`);
  const { items } = await listCodes(db(), { demoUserId: demo.id }, null);
  expect(items.map(({ purpose }) => purpose)).toEqual(["password-reset", "sign-in"]);
  expect((await listCodes(db(), { demoUserId: live.id }, null)).items).toEqual([]);
});

test("codes whose number exceeds a 32-bit integer are listed", async () => {
  const sNo = 3_000_000_000;
  await db().execute(sql`insert into otp_verifications (s_no, email, attempts) values (${sNo}, 'a@example.com', 3)`);
  expect((await listCodes(db(), {}, null)).items[0]).toMatchObject({ sNo });
  expect((await failedAttempts(db(), 3, null)).items[0]).toMatchObject({ sNo });
});
