import { desc } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { forgottenAs } from "@/keys";
import { testDatabase } from "@/testing/database";
import { testServer } from "@/testing/http";
import { account } from "@/testing/people";
import { session } from "@/testing/sessions";

testDatabase();
const { send } = testServer();

let cookie = "";
let adminId = "";
const id = "00000000-0000-4000-8000-000000000000";

beforeAll(async () => {
  const admin = await account("live", { role: "ADMIN" });
  adminId = admin.id;
  cookie = `latchkey_session=${await session({ accountType: "live", ...admin }, { code: 0, password: 0 })}`;
});

const read = (procedure: string, input: unknown, headers: Record<string, string> = {}) =>
  send(`/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`, {
    headers: { cookie, ...headers },
  });
const newest = async () => (await db().select().from(auditLog).orderBy(desc(auditLog.sNo)).limit(1))[0];

describe("input that no page of ours sends is refused, not a fault", () => {
  const packed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const never = "9999-99-99 99:99:99";
  const time = "2026-01-01 00:00:00";
  test.each<[string, unknown]>([
    ["admin.codes.list", { cursor: packed([never, 1]) }],
    ["admin.codes.list", { cursor: packed([time, 1]) }],
    ["admin.failedAttempts", { cursor: packed([never, 1]) }],
    ["admin.auditLog", { cursor: packed([never, 1]) }],
    ["admin.deliveries", { cursor: never }],
    ["admin.users.timeline", { id: "own", cursor: packed([never, "code", "1"]) }],
    ["admin.users.timeline", { id: "own", cursor: packed([`${time}+00`, "co\0de", "1"]) }],
    ["admin.users.timeline", { id: "own", cursor: packed([`${time}+00`, "code", "\ud800"]) }],
    ["admin.users.story", { address: "ada@example.com", cursor: packed([`${time}+00`, "code", "\0"]) }],
    ["admin.codes.list", { from: "0000-01-01T00:00:00Z" }],
    ["admin.codes.list", { to: "9999-12-31T23:59:59-23:59" }],
    ["admin.codes.list", { block: "+14155550" }],
    ["admin.funnel", { from: "0000-01-01T00:00:00Z", to: "0000-06-01T00:00:00Z" }],
    ["admin.breakdown", { from: "9999-06-01T00:00:00Z", to: "9999-12-31T23:59:59Z", by: "mailDomain" }],
    ["admin.sql", { panel: "funnel", from: "0000-01-01T00:00:00Z", to: "0000-02-01T00:00:00Z" }],
  ])("%s %j", async (procedure, input) => {
    const own = JSON.parse(JSON.stringify(input).replace('"own"', JSON.stringify(adminId)));
    expect((await read(procedure, own)).status).toBe(400);
  });

  test.each([`00000000${"-".repeat(28)}`, "00000000-0000-0000-0000-00000000000-", "½ ² ⑨ 𝟘 ﷺ İ ª", "#999999999"])(
    "a search for %s finds nobody",
    async (query) => {
      const { status, body } = await read("admin.users.list", { query });
      expect([status, JSON.parse(body).result.data.items]).toEqual([200, []]);
    },
  );
});

describe("asking for addresses in clear", () => {
  test("stands in the story of whoever it was about", async () => {
    await read("admin.users.get", { id: adminId, reveal: true });
    expect(await newest()).toMatchObject({ action: "admin.reveal", actorId: adminId, accountId: adminId });
    await read("admin.users.story", { address: "ada@example.com", reveal: true });
    expect(forgottenAs("ada@example.com")).toContain((await newest())?.addressDigest);
  });

  test("cannot be done in an admin's name by a link on another site", async () => {
    const before = await db().$count(auditLog);
    for (const site of ["cross-site", "same-site"])
      expect((await read("admin.codes.list", { reveal: true }, { "sec-fetch-site": site })).status).toBe(403);
    expect(await db().$count(auditLog)).toBe(before);
    for (const site of ["same-origin", "none"])
      expect((await read("admin.users.get", { id }, { "sec-fetch-site": site })).status).toBe(404);
  });
});
