import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { closeDb } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { testServer } from "@/testing/http";
import { account } from "@/testing/people";
import { session } from "@/testing/sessions";
import { appRouter } from "./root";

const { url } = testDatabase();
const { send } = testServer();

type Query = { _def: { type: string; inputs: z.ZodType[] } };
// At run time tRPC's list of procedures is flat; its types are nested.
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Query>);
const queries = procedures.filter(([, { _def }]) => _def.type === "query");

const id = "own";
const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
/** The input of each query that needs one. */
const inputs: Record<string, unknown> = {
  "admin.funnel": range,
  "admin.heldBack": range,
  "admin.breakdown": { ...range, by: "purpose" },
  "admin.sql": { panel: "overview" },
  "admin.users.get": { id },
  "admin.users.timeline": { id },
  "admin.users.story": { address: "ada@example.com" },
  "admin.users.otpStats": { id },
  "admin.users.otpHistory": { id },
  "challenge.current": { purpose: "sign-up" },
};

let cookie = "";
let adminId = "";
beforeAll(async () => {
  const made = await account("live", { role: "ADMIN" });
  adminId = made.id;
  cookie = `latchkey_session=${await session({ accountType: "live", ...made }, { code: 0, password: 0 })}`;
  // From here on PostgreSQL refuses every write of a new connection.
  const owner = postgres(url, { max: 1, onnotice: () => {} });
  await owner.unsafe(`alter database "${new URL(url).pathname.slice(1)}" set default_transaction_read_only = on`);
  await owner.end();
  await closeDb();
});
afterAll(() => closeDb());

const ask = (procedure: string, input: unknown) => {
  const own = JSON.stringify(input ?? {}).replace('"own"', JSON.stringify(adminId));
  return send(`/api/trpc/${procedure}?input=${encodeURIComponent(own)}`, { headers: { cookie } });
};

describe("on a read-only database (INP-07)", () => {
  test.each(queries.map(([name]) => name).filter((name) => name !== "account.export"))("%s answers", async (name) => {
    const { status, body } = await ask(name, inputs[name]);
    expect([status, body.slice(0, 200)]).toEqual([200, expect.any(String)]);
  });

  test("an export and a query that reveals addresses fail, because they are audited", async () => {
    expect((await ask("account.export", {})).status).toBe(500);
    expect((await ask("admin.codes.list", { reveal: true })).status).toBe(500);
  });
});

// A query's input stands in its URL.
describe("a query's input has no secret and no address (INP-07)", () => {
  /** Exceptions: the admin's search and story take addresses. They need two proofs, and the log has no query. */
  const search = new Set(["admin.users.story", "admin.codes.list"]);

  test.each(queries)("%s", (name, { _def: { inputs: schemas } }) => {
    const fields = schemas.flatMap((schema) => {
      const written = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
      return Object.keys(written.properties ?? {});
    });
    const telling = fields.filter((field) =>
      /mail|phone|address|identifier|code|token|password|secret|name/i.test(field),
    );
    const allowed = search.has(name) ? ["address", "ipAddress", "mailDomain"] : [];
    expect(telling.filter((field) => !allowed.includes(field))).toEqual([]);
  });
});
