import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { db } from "./client";
import { documentedCascades, documentedColumns, documentedUniques } from "./documented";

testDatabase();

type Column = { name: string; type: string; not_null: boolean; default: string | null };

async function columnsOf(table: string): Promise<Record<string, string>> {
  const columns = await db().execute<Column>(sql`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as not_null,
      pg_get_expr(adbin, adrelid) as default
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`);
  const spell = ({ type, not_null, default: value }: Column) =>
    `${type}${not_null ? " !" : ""}${value ? ` = ${value.replaceAll(/::(character varying|regclass)/g, "")}` : ""}`;
  return Object.fromEntries(columns.map((column) => [column.name, spell(column)]));
}

describe("the database beside the documents", () => {
  test.each(Object.entries(documentedColumns))(
    "%s has every documented column, type and default",
    async (table, { columns }) => {
      expect(await columnsOf(table)).toMatchObject(columns);
    },
  );

  test.each(Object.entries(documentedUniques))("%s is unique where its document says so", async (table, uniques) => {
    const rows = await db().execute<{ definition: string }>(sql`
      select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = ${table}::regclass and indisunique`);
    const found = rows.map(({ definition }) => definition.split("USING btree ")[1]);
    expect(found).toEqual(expect.arrayContaining(uniques));
  });

  test.each(Object.entries(documentedCascades))("%s is deleted with its account", async (table, owners) => {
    const rows = await db().execute<{ owner: string }>(sql`
      select confrelid::regclass::text as owner from pg_constraint
      where conrelid = ${table}::regclass and contype = 'f' and confdeltype = 'c'`);
    expect(rows.map(({ owner }) => owner)).toEqual(expect.arrayContaining(owners));
  });

  test("deleting a user deletes its codes, tokens and sessions (000, 001)", async () => {
    const { id } = await account("live");
    await db().execute(sql`with challenge as (
        insert into otp_verifications (user_id, phone, otp, expires_at) values (${id}, '918248449609', '1234', now()) returning s_no),
      a as (insert into email_otps (user_id, otp, type, expires_at) values (${id}, 'x', 'SIGNIN', now())),
      b as (insert into phone_otps (user_id, otp, type, expires_at) values (${id}, 'x', 'SIGNIN', now())),
      c as (insert into email_verification_tokens (user_id, token, expires_at) values (${id}, 'x', now())),
      d as (insert into passcodes (user_id, code, code_type, expires_at) values (${id}, 'x', 'VERIFICATION', now())),
      e as (insert into password_reset_otps (user_id, email, otp, expires_at) values (${id}, 'x', 'x', now())),
      f as (insert into sessions (user_id, secret_hash) values (${id}, 'x'))
      insert into otps (user_id, email, otp_code, expires_at, ledger_s_no) select ${id}, 'x', 'x', now(), s_no from challenge`);
    await db().execute(sql`delete from users where id = ${id}`);
    const tables = [
      "otp_verifications",
      "email_otps",
      "phone_otps",
      "email_verification_tokens",
      "passcodes",
      "password_reset_otps",
      "sessions",
      "otps",
    ];
    for (const table of tables) {
      const [row] = await db().execute<{ count: number }>(
        sql`select count(*)::int as count from ${sql.identifier(table)}`,
      );
      expect([table, row?.count]).toEqual([table, 0]);
    }
  });
});

describe("the database enforces (DAT-02)", () => {
  const refused = (statement: ReturnType<typeof sql>) => expect(db().execute(statement)).rejects.toThrow();

  test("a user has at most one unused passcode of a type (003)", async () => {
    const { id } = await account("live");
    const passcode = (used: boolean) =>
      sql`insert into passcodes (user_id, code_type, code, is_used, expires_at) values (${id}, 'VERIFICATION', 'x', ${used}, now())`;
    await db().execute(passcode(false));
    await refused(passcode(false));
    await db().execute(passcode(true));
    await db().execute(passcode(true));
  });

  test("an address and type has one sign-up row (002), and bad addresses, numbers, roles and types are refused", async () => {
    const signup = (email: string, type: string) =>
      sql`insert into signup_otps (email, user_type, otp_code, expires_at) values (${email}, ${type}, 'x', now())`;
    await db().execute(signup("a@example.com", "live"));
    await db().execute(signup("a@example.com", "demo"));
    await refused(signup("a@example.com", "live"));
    await refused(signup("b@example.com", "other"));
    await refused(sql`insert into users (email) values ('Ada@example.com')`);
    await refused(sql`insert into users (phone_number) values ('918248449609')`);
    await refused(sql`insert into users (email, role) values ('c@example.com', 'ROOT')`);
    await refused(sql`insert into users (name) values ('nobody can reach me')`);
  });

  test("every code has one owner, except a phone sign-up's", async () => {
    const { id } = await account("live");
    const demo = await account("demo");
    await refused(sql`insert into email_otps (otp, type, expires_at) values ('x', 'SIGNIN', now())`);
    await refused(
      sql`insert into email_otps (otp, type, expires_at, user_id, demo_user_id) values ('x', 'SIGNIN', now(), ${id}, ${demo.id})`,
    );
    await refused(sql`insert into phone_otps (otp, type, expires_at) values ('x', 'SIGNIN', now())`);
    await db().execute(sql`insert into phone_otps (otp, type, expires_at) values ('x', 'SIGNUP', now())`);
    await refused(sql`insert into password_reset_otps (otp, email, expires_at) values ('x', 'x', now())`);
  });
});

describe("the whole schema", () => {
  test("has no time without a zone (DAT-01)", async () => {
    const rows = await db().execute(sql`
      select table_name, column_name from information_schema.columns
      where table_schema = 'public' and data_type like '%without time zone'`);
    expect([...rows]).toEqual([]);
  });

  test("names for every index the query that it serves", async () => {
    const rows = await db().execute<{ name: string }>(sql`
      select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and obj_description(c.oid) is null
        and not exists (select from pg_constraint where conindid = c.oid)`);
    expect(rows.map(({ name }) => name)).toEqual([]);
  });

  test("numbers rows with 64 bits, because at 75 codes a second 32 bits are full in 331 days", async () => {
    const rows = await db().execute(sql`
      select table_name, column_name, data_type from information_schema.columns
      where table_schema = 'public' and (is_identity = 'YES' or column_default like 'nextval(%')
        and data_type <> 'bigint'`);
    expect([...rows]).toEqual([]);
  });

  test("has an index for every foreign key, so that deleting an account scans no table", async () => {
    const rows = await db().execute<{ fk: string }>(sql`
      select conrelid::regclass || ' ' || conname as fk from pg_constraint k
      where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
        select from pg_index where indrelid = conrelid and (indkey::int2[])[0] = conkey[1])`);
    expect(rows.map(({ fk }) => fk)).toEqual([]);
  });
});
