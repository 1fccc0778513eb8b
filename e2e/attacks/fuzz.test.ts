import { sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { db } from "@/db/client";
import { hostileScalar, hostileValue, leak } from "@/testing/hostile";
import { isLong } from "@/testing/long";
import { account } from "@/testing/people";
import type { Answer } from "@/testing/send";
import { session } from "@/testing/sessions";
import { appRouter } from "@/trpc/root";
import { cheapBcrypt, stage, type Visitor } from "./stage";

const { visitor } = stage({
  env: { ...cheapBcrypt, IP_HOURLY_REQUESTS: "1000000", IP_HOURLY_GUESSES: "1000000", SMS_DAILY_MAX: "1000000" },
});

/** How long it goes on: a quarter of a minute on a quiet machine, and with LONG=1 ten minutes. */
const [REQUESTS, SECONDS] = isLong ? [10_000_000, 600] : [1_000, 180];

const procedures = Object.entries(
  // tRPC types what a procedure is, not what it was made of.
  appRouter._def.procedures as unknown as Record<string, { _def: { type: string; inputs: z.ZodType[] } }>,
);

/** What a field of this name may rightly hold, so that a request comes past its first check now and then. */
const right: Record<string, string[]> = {
  identifier: ["ada@example.com", "+14155550134"],
  email: ["ada@example.com"],
  newEmail: ["eve@example.com"],
  newPhone: ["+14155550135"],
  address: ["ada@example.com"],
  code: ["123456", "12345678", "１２３ ４５６"],
  password: ["blue otter lamp chair", "short"],
  newPassword: ["green heron window soup"],
  currentPassword: ["blue otter lamp chair"],
  token: ["A".repeat(43)],
  resetToken: ["A".repeat(43)],
  id: ["00000000-0000-4000-8000-000000000000"],
  userId: ["00000000-0000-4000-8000-000000000000"],
  from: ["2026-01-01T00:00:00Z", "2026-01-02T10:20:30+02:00"],
  to: ["2026-02-01T00:00:00Z"],
  dob: ["1990-05-01"],
  name: ["Ada"],
  reason: ["because"],
  country: ["FR"],
  block: ["+1415555"],
  ipAddress: ["127.0.0.1"],
};

type Schema = {
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  type?: string;
  properties?: Record<string, Schema>;
};

/** Inputs of a procedure's own shape, each field right or hostile, with fields that nobody knows. */
function inputOf(schema: Schema, name = ""): fc.Arbitrary<unknown> {
  const own = shapeOf(schema, name);
  return fc.oneof({ weight: 4, arbitrary: own }, { weight: 1, arbitrary: hostileValue });
}

function shapeOf(schema: Schema, name: string): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => inputOf(one, name)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(([field, one]) => [field, inputOf(one, field)]);
    const unknown = fc.dictionary(fc.constantFrom("role", "__proto__", "emailVerified"), hostileScalar, { maxKeys: 1 });
    return fc
      .tuple(fc.record(Object.fromEntries(fields), { requiredKeys: [] }), fc.option(unknown, { nil: {}, freq: 8 }))
      .map(([known, more]) => ({ ...known, ...more }));
  }
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "integer" || schema.type === "number") return fc.integer({ min: -2, max: 200 });
  return fc.oneof(fc.constantFrom(...(right[name] ?? [""])), fc.string({ unit: "binary", maxLength: 60 }));
}

type Shot = { path: string; method: string; headers?: Record<string, string>; body?: string };

const calls = procedures.map(([path, { _def }]) => {
  const schema = _def.inputs[0] ? z.toJSONSchema(_def.inputs[0], { io: "input", unrepresentable: "any" }) : {};
  // JSON Schema's own type has more than is read of it here.
  return inputOf(schema as Schema).map((input): Shot => {
    const text = (JSON.stringify(input) ?? "").toWellFormed();
    return _def.type === "query"
      ? { path: `/api/trpc/${path}?input=${encodeURIComponent(text).slice(0, 12_000)}`, method: "GET" }
      : {
          path: `/api/trpc/${path}`,
          method: "POST",
          headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
          body: text,
        };
  });
});

const pages =
  "/ /signup /signup/verify /signup/profile /signin /signin/verify /forgot-password /forgot-password/verify /register /register/verify /reset-password /verify-email /device /step-up /account /admin /admin/codes /admin/users /admin/users/00000000-0000-4000-8000-000000000000 /admin/deliveries /admin/audit /admin/policies /dev/inbox /dev/messages /api/health /api/ready /api/trpc /api/trpc/account.me,admin.overview /.well-known/change-password /icon.svg /nowhere";
const text = fc.oneof(hostileScalar.map(String), fc.string({ unit: "binary", maxLength: 30 }));
const encoded = text.map((part) => encodeURIComponent(part.toWellFormed()).slice(0, 600));
const names =
  "next identifier email address type token code from to days range query cursor user ip block purpose channel reveal state template panel by page batch input";
const query = fc.array(fc.tuple(fc.constantFrom(...names.split(" ")), encoded), { maxLength: 4 });
const headers = fc.dictionary(
  fc.constantFrom(
    "rsc",
    "next-router-prefetch",
    "next-router-state-tree",
    "next-url",
    "accept",
    "cookie",
    "x-nonce",
    "range",
    "if-none-match",
    "x-http-method-override",
    "content-type",
    "referer",
  ),
  fc.stringMatching(/^[ -~]{0,40}$/),
  { maxKeys: 3 },
);
const raw = fc
  .record({
    method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    page: fc.constantFrom(...pages.split(" ")),
    more: fc.option(encoded, { freq: 4, nil: "" }),
    query,
    headers,
    body: fc.option(text, { nil: undefined }),
  })
  .map(({ method, page, more, query: pairs, headers: sent, body }): Shot => {
    const search = pairs.map((pair) => pair.join("=")).join("&");
    const path = `${page}${more && `/${more}`}${search && `?${search}`}`;
    return { path, method, headers: sent, body: method === "GET" || method === "HEAD" ? undefined : body };
  });

const nobody = visitor({ ip: "127.2.0.1" });

/** Somebody signed in, with proofs of a moment ago. */
async function signedIn(role: "USER" | "ADMIN"): Promise<Visitor> {
  const someone = visitor({ ip: role === "USER" ? "127.2.0.2" : "127.2.0.3" });
  const made = await account("live", { role });
  someone.jar.set("latchkey_session", await session({ accountType: "live", ...made }, { code: 0, password: 0 }));
  return someone;
}

/** Of each role one, and another after 100 requests: what is sent may sign them out or delete them. */
const people = { USER: { shots: 0, visitor: nobody }, ADMIN: { shots: 0, visitor: nobody } };
async function visitorOf(who: "nobody" | "USER" | "ADMIN"): Promise<Visitor> {
  if (who === "nobody") return nobody;
  const person = people[who];
  if (person.shots % 100 === 0) person.visitor = await signedIn(who);
  person.shots += 1;
  return person.visitor;
}

let marks = "";

/** Each table's mark changes when any of its rows is written, changed or deleted. */
async function written(): Promise<Record<string, string>> {
  marks ||= await marksOfAll();
  const [row] = await db().execute<{ marks: Record<string, string> }>(sql.raw(marks));
  return row?.marks ?? {};
}

async function marksOfAll(): Promise<string> {
  const tables = await db().execute<{ name: string }>(sql`select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)`);
  const each = tables.map(({ name }) => {
    // Any request of a session may note that it was seen, a refused one too.
    const mark = name === "sessions" ? "count(*)::text" : "count(*) || ':' || coalesce(max(xmin::text::bigint), 0)";
    return `select '${name}' as name, ${mark} as mark from ${name}`;
  });
  return `select jsonb_object_agg(name, mark) as marks from (${each.join(" union all ")}) as each`;
}

/** The tables that a refused request may write to; null for an answer that is no refusal. */
function writable({ status, body }: Answer): string[] | null {
  if (status < 400 || status === 404) return null;
  const reason = /"reason":"(\w+)"/.exec(body)?.[1];
  if (!reason || ["BAD_REQUEST", "CROSS_SITE"].includes(reason)) return [];
  // A step that has its own limit charges it before it looks whether the caller may take it.
  if (["UNAUTHORIZED", "FORBIDDEN", "STEP_UP_REQUIRED"].includes(reason)) return ["limit_windows"];
  return null;
}

/** What an error says, without what is only the caller's own: paths, and names of fields that are not known. */
const wordsOf = (body: string) =>
  JSON.stringify(JSON.parse(body), (name, value) => {
    if (name === "path") return undefined;
    return name === "fieldErrors" && value ? Object.values(value) : value;
  });

test(
  `${isLong ? `${SECONDS} seconds` : `${REQUESTS} requests`} of whatever comes: no fault, nothing slow, nothing written by what is refused (INP-01, INP-04)`,
  async () => {
    const answers = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("nobody" as const, "USER" as const, "ADMIN" as const),
        fc.oneof({ weight: 3, arbitrary: fc.oneof(...calls) }, { weight: 1, arbitrary: raw }),
        async (who, { path, ...sent }) => {
          const from = await visitorOf(who);
          const before = await written();
          const answer = await from.go(path, sent);
          const kind = `${sent.method} ${answer.status}`;
          answers.set(kind, (answers.get(kind) ?? 0) + 1);
          expect(answer.status).toBeLessThan(500);
          if (/json/.test(String(answer.headers["content-type"])) && answer.status >= 400)
            expect(wordsOf(answer.body)).not.toMatch(leak);
          const spared = writable(answer);
          if (spared) {
            const after = await written();
            for (const table of spared) after[table] = before[table] ?? "";
            expect(after).toEqual(before);
          }
          // What is slow each time is slow; once it may be the machine.
          for (let tries = 1; answer.milliseconds > 1000; tries += 1) {
            expect(tries).toBeLessThan(5);
            if ((await from.go(path, sent)).milliseconds < 1000) break;
          }
        },
      ),
      {
        numRuns: REQUESTS,
        interruptAfterTimeLimit: SECONDS * 1000,
        markInterruptAsFailure: false,
        endOnFailure: true,
      },
    );
    // It was no wall that was shot at: some of it was taken.
    expect(answers.get("POST 200")).toBeGreaterThan(2);
    expect(answers.get("GET 200")).toBeGreaterThan(20);
    console.log([...answers].map(([kind, count]) => `${kind}: ${count}`).join(", "));
  },
  (SECONDS + 60) * 1000,
);
