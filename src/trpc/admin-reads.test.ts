import { desc, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { otpVerifications } from "@/db/schema/otp";
import { forgottenAs } from "@/keys";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { testServer } from "@/testing/http";
import { account, queuedCode } from "@/testing/people";
import { session } from "@/testing/sessions";
import { statementsOf } from "@/testing/statements";

testDatabase();
cheapHashing();
const { send, mutate } = testServer();

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

describe("hostile input to the admin's queries", () => {
  const packed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const never = "9999-99-99 99:99:99";
  const time = "2026-01-01 00:00:00";
  test.each<[string, unknown]>([
    ["admin.codes.list", { cursor: packed([never, 1]) }],
    ["admin.codes.list", { cursor: packed([time, 1]) }],
    ["admin.failedAttempts", { cursor: packed([never, 1]) }],
    ["admin.auditLog", { cursor: packed([never, 1]) }],
    ["admin.deliveries", { cursor: packed([never, id]) }],
    ["admin.deliveries", { cursor: packed([`${time}+00`, 1]) }],
    ["admin.deliveries", { cursor: packed([`${time}+00`, "\ud800"]) }],
    // No time zone is so far from UTC.
    ["admin.deliveries", { cursor: packed([`${time}+99`, id]) }],
    ["admin.codes.list", { cursor: packed([`${time}+16`, 1]) }],
    ["admin.users.timeline", { id: "own", cursor: packed([`${time}+00:60`, "code", "1"]) }],
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
  ])("%s %j answers 400", async (procedure, input) => {
    const own = JSON.parse(JSON.stringify(input).replace('"own"', JSON.stringify(adminId)));
    expect((await read(procedure, own)).status).toBe(400);
  });

  test.each<[string, object]>([
    ["admin.users.list", { query: "'CANARY\"; drop table users; --" }],
    ["admin.users.story", { address: "o'canary\"`--@example.com" }],
    ["admin.auditLog", { action: "x' or 'canary'='canary" }],
    ["admin.deliveries", { template: "x') union select 'canary' --" }],
    ["admin.codes.list", { ipAddress: "1' or canary --", mailDomain: "canary'--", country: "'c" }],
    ["admin.codes.list", { purpose: "sign-up' --canary" }],
    ["admin.breakdown", { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", by: "purpose, canary" }],
    ["admin.breakdown", { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", by: "constructor" }],
    ["admin.topUsers", { days: "7' canary", limit: "1; canary" }],
    ["admin.failedAttempts", { minAttempts: "3 or canary" }],
    ["admin.failedAttempts", { minAttempts: 3.5 }],
    ["admin.dailyStats", { days: "7; select canary" }],
    ["admin.requestCounts", { hours: "24 canary" }],
  ])("%s %j is refused or becomes a parameter, never the text of a statement (INP-05)", async (procedure, input) => {
    let status = 0;
    const statements = await statementsOf(async () => {
      ({ status } = await read(procedure, input));
    });
    expect([200, 400]).toContain(status);
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((text) => /canary|constructor|drop table/i.test(text))).toEqual([]);
    expect(await db().execute(sql`select from users`)).not.toHaveLength(0);
  });

  test.each([`00000000${"-".repeat(28)}`, "00000000-0000-0000-0000-00000000000-", "½ ² ⑨ 𝟘 ﷺ İ ª", "#999999999"])(
    "a search for %s finds nobody",
    async (query) => {
      const { status, body } = await read("admin.users.list", { query });
      expect([status, JSON.parse(body).result.data.items]).toEqual([200, []]);
    },
  );
});

describe("an admin's view (ADM-06)", () => {
  const reads: [string, object][] = [
    ["admin.codes.list", {}],
    ["admin.deliveries", {}],
    ["admin.auditLog", {}],
    ["admin.users.list", {}],
    ["admin.operations", {}],
    ["admin.failedAttempts", { minAttempts: 1 }],
    ...["get", "timeline", "otpStats", "otpHistory"].map((name): [string, object] => [
      `admin.users.${name}`,
      { id: "own" },
    ]),
  ];

  test.each(reads)(
    "%s holds no code, digest, hash or token, with addresses masked or in clear",
    async (procedure, input) => {
      const { id: userId, email } = await account("live", {
        password: "$2b$12$canary-of-a-password",
        resetToken: "canary-reset",
      });
      const secret = await session({ accountType: "live", id: userId });
      await mutate("signIn.requestCode", { identifier: email });
      await mutate("passwordReset.requestCode", { identifier: email });
      const code = await queuedCode(email);
      const kept = await db().execute<{ secret: string }>(sql`select otp as secret from email_otps union all
      select otp from password_reset_otps union all select secret_hash from sessions union all
      select sealed from deliveries where sealed is not null`);
      const secrets = [code, secret, "canary", ...kept.map((row) => row.secret)];
      expect(secrets.length).toBeGreaterThan(6);
      const own = JSON.parse(JSON.stringify(input).replace('"own"', JSON.stringify(userId)));
      for (const shown of [{}, { reveal: true }]) {
        const { status, body } = await read(procedure, { ...own, ...shown });
        // A query that shows no addresses refuses `reveal`.
        expect([200, 400]).toContain(status);
        expect(secrets.filter((one) => one && body.includes(one))).toEqual([]);
      }
      expect((await read(procedure, own)).status).toBe(200);
    },
  );
});

test.each([1, 3, 10, 11, 12, 1000])(
  "codes with at least %i failed attempts are listed, also beyond what policies allow",
  async (minAttempts) => {
    await db().insert(otpVerifications).values({ userId: adminId, email: "admin@example.com", attempts: minAttempts });
    const { status, body } = await read("admin.failedAttempts", { minAttempts });
    expect(status).toBe(200);
    expect(JSON.parse(body).result.data.items[0].attempts).toBeGreaterThanOrEqual(minAttempts);
  },
);

test("a ledger row whose number exceeds 32 bits is shown in every list", async () => {
  const sNo = 2 ** 31 + 7;
  await db().insert(otpVerifications).values({ sNo, userId: adminId, phone: "+14155550177", attempts: 1000 });
  for (const [procedure, input] of [
    ["admin.codes.list", { minAttempts: 1000 }],
    ["admin.failedAttempts", { minAttempts: 1000 }],
    ["admin.users.otpHistory", { id: adminId }],
  ] as const) {
    const { status, body } = await read(procedure, input);
    expect([procedure, status]).toEqual([procedure, 200]);
    expect(body).toContain(`"sNo":${sNo}`);
  }
  expect((await read("admin.users.get", { id: adminId })).status).toBe(200);
});

describe("reveal, which shows addresses in clear,", () => {
  test.each(["~ada@example.com", `~${"0".repeat(32)}@example.com`])(
    "is needed to see %s, although it begins like the digest of a forgotten address (ADM-05)",
    async (email) => {
      const { id: userId } = await account("live", { email });
      await mutate("signIn.requestCode", { identifier: email });
      for (const [procedure, input] of [
        ["admin.users.list", { query: "example" }],
        ["admin.users.get", { id: userId }],
        ["admin.codes.list", { userId }],
        ["admin.deliveries", {}],
      ] as const) {
        const { status, body } = await read(procedure, input);
        expect([status, body.includes("~•••@example.com"), body.includes(email)]).toEqual([200, true, false]);
      }
    },
  );

  test("is audited with the account or address that was shown", async () => {
    await read("admin.users.get", { id: adminId, reveal: true });
    expect(await newest()).toMatchObject({ action: "admin.reveal", actorId: adminId, accountId: adminId });
    await read("admin.users.story", { address: "ada@example.com", reveal: true });
    expect(forgottenAs("ada@example.com")).toContain((await newest())?.addressDigest);
  });

  test("is refused when a link on another site asks for it", async () => {
    const before = await db().$count(auditLog);
    for (const site of ["cross-site", "same-site"])
      expect((await read("admin.codes.list", { reveal: true }, { "sec-fetch-site": site })).status).toBe(403);
    expect(await db().$count(auditLog)).toBe(before);
    for (const site of ["same-origin", "none"])
      expect((await read("admin.users.get", { id }, { "sec-fetch-site": site })).status).toBe(404);
  });
});

describe("names in the admin's lists:", () => {
  const dataOf = async (procedure: string, input: unknown) =>
    JSON.parse((await read(procedure, input)).body).result.data;

  test("a finding about an account has the account's name and masked address", async () => {
    const { id: userId, email } = await account("live", { name: "Grace" });
    const nameless = await account("live", { name: null });
    const wrong = { attempts: 10, email };
    await db()
      .insert(otpVerifications)
      .values([
        { ...wrong, userId },
        { ...wrong, userId: nameless.id },
      ]);
    const { items } = await dataOf("admin.suspicious", {});
    const rule = "many failures on one account";
    const address = expect.stringMatching(/^p•••@example\.com$/);
    expect(items).toContainEqual({ rule, key: userId, count: 10, who: { name: "Grace", address } });
    expect(items).toContainEqual({ rule, key: nameless.id, count: 10, who: { name: null, address } });
    const { items: codes } = await dataOf("admin.codes.list", { userId });
    expect(codes[0].name).toBe("Grace");
  });

  test("the audit log has the present names of accounts, and null for deleted ones", async () => {
    const { id: accountId } = await account("live", { name: "Grace" });
    const { id: demoId } = await account("demo", { name: "Alan" });
    const entry = { actor: "admin", actorId: adminId, action: "admin.unlock", result: "ok" } as const;
    for (const whose of [accountId, demoId, id])
      await db()
        .insert(auditLog)
        .values({ ...entry, accountId: whose });
    const { items } = await dataOf("admin.auditLog", { actorId: adminId, action: "admin.unlock" });
    expect(items.map(({ accountName }: { accountName: unknown }) => accountName)).toEqual([null, "Alan", "Grace"]);
    expect(items[0].actorName).toBe("Ada");
  });

  test("the list of messages can begin at an instant", async () => {
    await mutate("signIn.requestCode", { identifier: (await account("live")).email });
    const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    expect((await dataOf("admin.deliveries", { from: hour(-1) })).items).not.toHaveLength(0);
    expect((await dataOf("admin.deliveries", { from: hour(1) })).items).toHaveLength(0);
  });
});
