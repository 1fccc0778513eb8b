import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { rebuild, roll } from "@/analytics/roll";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account, freshPhone } from "@/testing/people";
import { backfill } from "./backfill-user-id.mjs";

const { url } = testDatabase();

let phones: { ada: string; grace: string };
let ids: { ada: string; grace: string };

beforeEach(async () => {
  phones = { ada: freshPhone(), grace: freshPhone() };
  const [ada, grace] = [
    await account("live", { phoneNumber: phones.ada, phoneVerified: true }),
    await account("live", { phoneNumber: phones.grace, phoneVerified: true }),
  ];
  ids = { ada: ada.id, grace: grace.id };
});

/** Phone numbers as the app of document 000 wrote them: digits without a plus, or as people type them. */
async function fill(table: string, extra = "") {
  const bare = phones.ada.slice(1);
  const typed = `00 ${phones.grace.slice(1, 2)} ${phones.grace.slice(2, 5)}-${phones.grace.slice(5)}`;
  await db().execute(
    sql.raw(`insert into ${table} (phone, otp${extra ? ", is_verified" : ""}) values ('${bare}', '1234'${extra}), ('${phones.ada}', '1234'${extra}),
      ('${typed}', '1234'${extra}), ('919999999999', '1234'${extra}), ('919999999999', '1234'${extra}), ('918888888888', '1234'${extra})`),
  );
}

const owners = async (table: string) =>
  (await db().execute<{ user_id: string | null }>(sql.raw(`select user_id from ${table} order by s_no`))).map(
    (row) => row.user_id,
  );

test("a table of document 000 gets the column user_id with index and foreign key, filled by phone", async () => {
  await db().execute(sql`create table old_codes (s_no serial primary key, phone varchar(20), otp varchar(6),
    is_verified boolean default false, attempts int default 0, created_at timestamp default now())`);
  await fill("old_codes");
  expect(await backfill(url, "old_codes")).toEqual({
    added: ["the column", "its index", "its foreign key"],
    matched: 3,
    unmatched: 3,
    phones: 2,
    noPhone: 0,
    samples: expect.arrayContaining(["919•••99", "918•••88"]),
  });
  expect(await owners("old_codes")).toEqual([ids.ada, ids.ada, ids.grace, null, null, null]);
  // A second run changes nothing.
  expect(await backfill(url, "old_codes")).toMatchObject({ added: [], matched: 0, unmatched: 3 });
  // Document 000: deleting a user deletes the user's codes.
  await db().execute(sql`delete from users where id = ${ids.ada}`);
  expect(await owners("old_codes")).toEqual([ids.grace, null, null, null]);
});

test("a ledger without its column user_id gets it back with index, foreign key and check", async () => {
  await db().execute(sql`alter table otp_verifications drop column user_id cascade`);
  await fill("otp_verifications");
  const { added, matched } = await backfill(url, "otp_verifications");
  expect(added).toEqual(["the column", "its index", "its foreign key", "its check"]);
  expect(matched).toBe(3);
  expect(await owners("otp_verifications")).toEqual([ids.ada, ids.ada, ids.grace, null, null, null]);
  await expect(
    db().execute(sql`update otp_verifications set demo_user_id = user_id where user_id is not null`),
  ).rejects.toThrow();
});

test("accounts are counted once on the dashboard after the column user_id was dropped and added again", async () => {
  await db().execute(sql`delete from otp_verifications`);
  await db().execute(sql`insert into otp_verifications (user_id, phone, created_at)
    select ${ids.ada}, ${phones.ada}, now() - interval '1 day' from generate_series(1, 5)`);
  await rebuild(db());
  await db().execute(sql`alter table otp_verifications drop column user_id cascade`);
  await backfill(url, "otp_verifications");
  await roll(db());
  expect(
    await db().execute(sql`select asked_7d, (select sum(users)::int from otp_daily) as people from otp_users`),
  ).toEqual([expect.objectContaining({ asked_7d: 5, people: 1 })]);
});

test("a table without the columns s_no and phone is refused with a message", async () => {
  await expect(backfill(url, "nowhere")).rejects.toThrow("There is no table nowhere");
  await expect(backfill(url, "sessions")).rejects.toThrow("There is no table sessions");
});
