import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { appendAudit } from "./audit";
import { hasSeal, headOf, sealAudit, verifyAudit } from "./seal";

testDatabase();

/** Runs a statement with the triggers disabled, as only the owner of the tables can. */
async function asOwner(statement: string): Promise<void> {
  await db().transaction(async (tx) => {
    await tx.execute(sql`alter table audit_log disable trigger user`);
    await tx.execute(sql`alter table audit_seals disable trigger user`);
    await tx.execute(sql.raw(statement));
    await tx.execute(sql`alter table audit_log enable trigger user`);
    await tx.execute(sql`alter table audit_seals enable trigger user`);
  });
}

const write = async (count: number) => {
  for (let at = 0; at < count; at += 1)
    await appendAudit(db(), { actor: { kind: "app" }, action: "lockout", result: "ok", reason: `entry ${at}` });
};
const rest = () =>
  asOwner(
    "update audit_log set at = at - interval '11 minutes' where s_no > (select coalesce(max(to_s_no), 0) from audit_seals)",
  );

beforeEach(async () => {
  await asOwner("delete from audit_log; delete from audit_seals");
  await write(5);
  await rest();
  await sealAudit(db());
  await write(4);
  await rest();
  await sealAudit(db());
  await write(2);
});

test("rows older than ten minutes are sealed in a chain of links without faults", async () => {
  expect(await verifyAudit(db())).toMatchObject({ links: 2, rows: 9, unsealed: 2, faults: [] });
  expect(await sealAudit(db())).toEqual({ rows: 0 });
  expect((await headOf(db()))?.length).toBeGreaterThan(40);
});

describe("a check of the seals reports a fault when", () => {
  const cases: Record<string, string> = {
    "a row is changed": "update audit_log set reason = 'nothing' where s_no = (select min(s_no) + 1 from audit_log)",
    "one column of one row is emptied":
      "update audit_log set ip_address = '::1' where s_no = (select min(s_no) + 6 from audit_log)",
    "a row's time is moved by a microsecond":
      "update audit_log set at = at + interval '1 microsecond' where s_no = (select min(s_no) from audit_log)",
    "a row is removed": "delete from audit_log where s_no = (select min(s_no) + 2 from audit_log)",
    "the first row is removed": "delete from audit_log where s_no = (select min(s_no) from audit_log)",
    "two rows change places": `update audit_log a set reason = b.reason from audit_log b where a.s_no in (select min(s_no) from audit_log)
      and b.s_no = a.s_no + 1`,
    "a row is put in among them": `delete from audit_log where s_no = (select min(s_no) + 3 from audit_log);
      insert into audit_log (s_no, actor, action, result) overriding system value select min(s_no) + 3, 'app', 'lockout', 'ok' from audit_log`,
    "a row is put in below the first":
      "insert into audit_log (s_no, at, actor, action, result) overriding system value values (-5, now() - interval '1 day', 'operator', 'admin.grant', 'ok')",
    "a link is removed with its rows":
      "delete from audit_log where s_no <= (select min(to_s_no) from audit_seals); delete from audit_seals where id = 1",
    "a seal is changed": "update audit_seals set seal = seal || 'x' where id = 2",
    "a link's end is moved": "update audit_seals set to_s_no = to_s_no - 1 where id = 1",
  };
  test.each(Object.entries(cases))("%s", async (_name, statement) => {
    await asOwner(statement);
    expect((await verifyAudit(db())).faults).not.toEqual([]);
  });
});

test("a chain cut off at its end lacks the logged head", async () => {
  const head = (await headOf(db())) ?? "";
  expect(await hasSeal(db(), head)).toBe(true);
  await asOwner(
    "delete from audit_log where s_no > (select min(to_s_no) from audit_seals); delete from audit_seals where id = 2",
  );
  expect((await verifyAudit(db())).faults).toEqual([]);
  expect(await hasSeal(db(), head)).toBe(false);
});

test("an old row is not sealed before a young row with a lower number", async () => {
  // The transaction that began first may have taken its number last.
  await write(1);
  await asOwner(
    "update audit_log set at = now() - interval '11 minutes' where s_no = (select max(s_no) from audit_log)",
  );
  expect(await sealAudit(db())).toEqual({ rows: 0 });
  await rest();
  expect(await sealAudit(db())).toEqual({ rows: 3 });
  expect(await verifyAudit(db())).toMatchObject({ rows: 12, unsealed: 0, faults: [] });
});

test("twenty sealers at once make one chain, and block no writer", async () => {
  await rest();
  const done = await Promise.all([...Array.from({ length: 20 }, () => sealAudit(db())), write(3)]);
  expect(done.slice(0, 20).reduce((sum, each) => sum + (each?.rows ?? 0), 0)).toBe(2);
  expect(await verifyAudit(db())).toMatchObject({ links: 3, rows: 11, unsealed: 3, faults: [] });
});

test("the app can neither change nor remove a seal", async () => {
  for (const statement of ["update audit_seals set rows = 0", "delete from audit_seals", "truncate audit_seals"])
    await expect(db().execute(sql.raw(statement))).rejects.toThrow();
});
