import { sql } from "drizzle-orm";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { cheapHashing } from "@/testing/hashing";
import { hostileScalar, hostileValue, leak } from "@/testing/hostile";
import { testServer } from "@/testing/http";
import { isLong } from "@/testing/long";
import { account } from "@/testing/people";
import { session } from "@/testing/sessions";
import { appRouter } from "./root";

testDatabase();
cheapHashing();
Object.assign(process.env, { IP_HOURLY_REQUESTS: "1000000", IP_HOURLY_GUESSES: "1000000" });
const { send, mutate } = testServer();

/** Valid values of common fields, so that some fuzzed input passes the first checks. */
const right = {
  identifier: "ada@example.com",
  accountType: "live",
  code: "123456",
  password: "blue otter lamp chair",
  name: "Ada",
  purpose: "sign-up",
  dob: "1990-05-01",
  username: "ada",
};
const input = fc
  .record(
    Object.fromEntries(
      Object.entries(right).map(([field, good]) => [
        field,
        fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, { weight: 2, arbitrary: hostileValue }),
      ]),
    ),
    { requiredKeys: [] },
  )
  .chain((known) =>
    fc
      .option(
        fc.dictionary(fc.constantFrom("role", "emailVerified", "__proto__", "id", "constructor"), hostileScalar, {
          maxKeys: 2,
        }),
        { nil: {} },
      )
      .map((extra) => ({ ...known, ...extra })),
  );

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: { type: "query" | "mutation" } }>,
);

/** The number of rows in the tables that refused input must not change. */
async function rows(): Promise<number> {
  const [row] = await db().execute<{ count: number }>(sql`select (
    (select count(*) from users) + (select count(*) from demo_users) + (select count(*) from otp_verifications) +
    (select count(*) from signup_otps) + (select count(*) from otps) + (select count(*) from deliveries) +
    (select count(*) from sessions) + (select count(*) from limit_windows))::int as count`);
  return row?.count ?? -1;
}

let admin: Record<string, string>;
beforeAll(async () => {
  const secret = await session(
    { accountType: "live", ...(await account("live", { role: "ADMIN" })) },
    { code: 0, password: 0 },
  );
  admin = { cookie: `latchkey_session=${secret}` };
});

describe.each(procedures)("%s", (path, { _def: { type } }) => {
  const call = (text: string) => {
    // The admin's procedures are called by an admin: others are refused before their input is parsed.
    const headers = path.startsWith("admin.") ? admin : {};
    return type === "mutation"
      ? mutate(path, text, headers)
      : send(`/api/trpc/${path}?input=${encodeURIComponent(text.toWellFormed())}`, { headers });
  };

  test("answers fuzzed input with 2xx or 4xx, and leaks no internals", async () => {
    await fc.assert(
      fc.asyncProperty(input, async (sent) => {
        const before = await rows();
        const answer = await call(JSON.stringify(sent));
        expect(answer.status).toBeLessThan(500);
        if (answer.status === 431) return; // the query's URL was too long
        const { error } = JSON.parse(answer.body);
        if (!error) return;
        expect(JSON.stringify(error.data) + error.message).not.toMatch(leak);
        expect(error.data.stack).toBeUndefined();
        if (error.data.reason !== "BAD_REQUEST") return;
        expect(answer.status).toBe(400);
        expect(error.data.fieldErrors).toBeTypeOf("object");
        expect(await rows()).toBe(before);
      }),
      { numRuns: isLong ? 200 : 15 },
    );
    expect(({} as Record<string, unknown>).role).toBeUndefined();
  });

  test("refuses input that is no object, no JSON or has an unknown field", async () => {
    const before = await rows();
    for (const text of ["[]", '"text"', "7", "true", "{", "\0", "[[[[[[[[[[", '{"unknown":1}']) {
      const answer = await call(text);
      expect([text, answer.status]).toEqual([text, 400]);
      expect(answer.body).not.toMatch(/\bat \/|node_modules|Unexpected token/);
    }
    const unknown = JSON.parse((await call('{"unknown":1}')).body).error.data;
    expect(unknown.fieldErrors.unknown).toEqual(["This field is not known."]);
    expect(await rows()).toBe(before);
  });

  test("refuses a hostile value in each of its fields, with an error for that field", async () => {
    const errorsOf = async (sent: object) => {
      const answer = await call(JSON.stringify(sent));
      return { status: answer.status, fields: JSON.parse(answer.body).error?.data.fieldErrors ?? {} };
    };
    const unknown = (await errorsOf(right)).fields;
    const known = Object.fromEntries(Object.entries(right).filter(([field]) => !unknown[field]));
    const before = await rows();
    for (const field of Object.keys(known)) {
      for (const bad of ["\0x", "\ud800", ["a"], { a: 1 }, 7, "a".repeat(9000)]) {
        const { status, fields } = await errorsOf({ ...known, [field]: bad });
        expect([field, bad, status]).toEqual([field, bad, 400]);
        expect(fields[field]).toEqual([expect.any(String)]);
      }
    }
    expect(await rows()).toBe(before);
  });
});

test("a fault is answered with INTERNAL and without details (LOG-02)", async () => {
  await db().execute(sql`alter table otp_verifications rename to gone`);
  try {
    const answer = await mutate("signUp.requestCode", { identifier: "ada@example.com" });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toEqual({
      error: {
        message: "INTERNAL",
        code: -32603,
        data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500, path: "signUp.requestCode", reason: "INTERNAL" },
      },
    });
  } finally {
    await db().execute(sql`alter table gone rename to otp_verifications`);
  }
});
