import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { seed } from "./seed.mjs";

const { url } = testDatabase();
const sow = () => seed(url, { requests: 100, days: 2, quiet: true });
const counts = async () => [
  ...(await db().execute(sql`select (select count(*)::int from users) as users, (select count(*)::int from demo_users) as demo,
    (select count(*)::int from otp_verifications) as codes`)),
];
beforeEach(() => db().execute(sql`truncate users, demo_users, otp_verifications cascade`));

test.each<[string, () => Promise<unknown>]>([
  ["a live account", () => account("live", { emailVerified: false })],
  ["a demo account", () => account("demo")],
  [
    "a code without an account",
    () => db().execute(sql`insert into otp_verifications (email) values ('a@example.com')`),
  ],
])("a database with %s is refused and left as it was", async (_what, use) => {
  await use();
  const before = await counts();
  await expect(sow()).rejects.toThrow("Seeding is for an empty one");
  expect(await counts()).toEqual(before);
});

test("an empty database is seeded once and refused the second time", async () => {
  await sow();
  const [filled] = await counts();
  expect(filled?.codes).toBeGreaterThanOrEqual(100);
  await expect(sow()).rejects.toThrow("Seeding is for an empty one");
  expect(await counts()).toEqual([filled]);
});
