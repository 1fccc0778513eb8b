import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "./db/client";
import { clientAddress, refusal } from "./front-door";
import { testDatabase } from "./testing/database";
import { cheapHashing } from "./testing/hashing";
import { cookiesOf, testServer } from "./testing/http";
import { freshEmail, queuedCode } from "./testing/people";

testDatabase();
cheapHashing();
const { send, mutate, port } = testServer();

describe("clientAddress (THR-05)", () => {
  test.each([
    ["10.0.0.1", "198.51.100.9", 0, "198.51.100.9"],
    ["6.6.6.6, 10.0.0.1", "198.51.100.9", 1, "10.0.0.1"],
    ["6.6.6.6, 203.0.113.5, 10.0.0.1", "198.51.100.9", 2, "203.0.113.5"],
    ["203.0.113.5:4711", "198.51.100.9", 1, "203.0.113.5"],
    ["[2001:db8::1]:4711", "198.51.100.9", 1, "2001:db8::1"],
    ["2001:db8::1", "198.51.100.9", 1, "2001:db8::1"],
    ["::ffff:203.0.113.5", "198.51.100.9", 1, "203.0.113.5"],
    ["fe80::1%eth0", "198.51.100.9", 1, "fe80::1"],
    [`[fe80::1%${"zone".repeat(900)}]:4711`, "198.51.100.9", 1, "fe80::1"],
    ["not an address", "198.51.100.9", 1, "198.51.100.9"],
    ["203.0.113.5", "::ffff:198.51.100.9", 2, "198.51.100.9"],
    [undefined, "::ffff:198.51.100.9", 1, "198.51.100.9"],
  ])("X-Forwarded-For %s from %s behind %i proxies is %s", (header, socket, hops, expected) => {
    expect(clientAddress(header, socket, hops)).toBe(expected);
  });
});

test("limits, ledger and audit log count a client by its socket, whatever address it claims (THR-05)", async () => {
  const claims = (at: number) => ({
    "x-forwarded-for": `6.6.6.${at}`,
    forwarded: `for=6.6.6.${at}`,
    "x-real-ip": `6.6.6.${at}`,
    "cf-connecting-ip": `6.6.6.${at}`,
    "true-client-ip": `6.6.6.${at}`,
  });
  const asked = [];
  for (let at = 0; at < 40; at += 1)
    asked.push((await mutate("signUp.requestCode", { identifier: freshEmail() }, claims(at))).status);
  expect(asked.filter((status) => status === 200)).toHaveLength(30);
  expect(asked.filter((status) => status === 429)).toHaveLength(10);
  for (const [table, rows] of [
    ["otp_verifications", 30],
    ["audit_log", 10],
  ] as const)
    expect(
      await db().execute(
        sql`select ip_address as ip, count(*)::int as rows from ${sql.identifier(table)} group by ip_address`,
      ),
    ).toEqual([{ ip: "127.0.0.1", rows }]);
  await db().execute(sql`delete from limit_windows`);
});

describe("refusal returns the right status for", () => {
  const req = (over: { method?: string; url?: string; headers?: Record<string, string> }) => ({
    method: over.method ?? "GET",
    url: over.url ?? "/",
    headers: { host: "id.example.com", ...over.headers },
  });
  test.each([
    ["our own host", req({}), undefined],
    ["an unknown host", req({ headers: { host: "evil.example" } }), 421],
    ["our host on another port", req({ headers: { host: "id.example.com:8080" } }), 421],
    ["a probe by IP address", req({ url: "/api/ready?x", headers: { host: "10.0.0.7:3000" } }), undefined],
    ["an absolute target", req({ url: "http://evil.example/" }), 400],
    ["a longer path than a probe's", req({ url: "/api/ready/x", headers: { host: "10.0.0.7" } }), 421],
    ["a page by IP address", req({ headers: { host: "10.0.0.7" } }), 421],
    ["our host and another", { ...req({}), headersDistinct: { host: ["id.example.com", "evil.example"] } }, 400],
    ["no host", { method: "GET", url: "/", headers: {} }, 400],
    ["a probe without a host", { method: "GET", url: "/api/ready", headers: {}, httpVersion: "1.1" }, 400],
    ["a probe of HTTP/1.0", { method: "GET", url: "/api/ready", headers: {}, httpVersion: "1.0" }, undefined],
    ["TRACE", req({ method: "TRACE" }), 405],
    ["PUT", req({ method: "PUT" }), 405],
    ["a page posted to", req({ method: "POST", url: "/signin" }), 405],
    ["a dot segment", req({ url: "/api/./trpc/account.me" }), 400],
    ["a dot segment, encoded", req({ url: "/api/%2E/trpc/account.me" }), 400],
    ["a dot-dot segment", req({ url: "/x/../api/trpc/account.me" }), 400],
    ["a dot-dot segment, encoded", req({ url: "/x/%2e%2e/admin" }), 400],
    ["a dot-dot segment, half encoded", req({ url: "/x/.%2e" }), 400],
    ["repeated slashes", req({ url: "/api//trpc/account.me" }), 400],
    ["another origin without a scheme", req({ url: "//evil.example/" }), 400],
    ["a backslash", req({ url: "/\\evil.example" }), 400],
    ["bytes that are no UTF-8", req({ url: "/admin/users/%ff" }), 400],
    ["an incomplete UTF-8 sequence", req({ url: "/admin/users/%E0%A4" }), 400],
    ["a bare percent sign", req({ url: "/admin/users/%" }), 400],
    ["an encoded letter", req({ url: "/admin/users/%C3%A9" }), undefined],
    ["bytes that are no UTF-8 in a query", req({ url: "/signin?next=%ff" }), undefined],
    ["slashes in a query", req({ url: "/signin?next=//evil.example/../x" }), undefined],
    ["an unknown path of the API", req({ url: "/api/trpc;/account.me" }), 404],
    ["a dot in a name", req({ url: "/.well-known/change-password" }), undefined],
    [
      "a body without a length",
      req({ method: "POST", url: "/api/trpc/x", headers: { "transfer-encoding": "chunked" } }),
      411,
    ],
    ["a body of 16 kB", req({ method: "POST", url: "/api/trpc/x", headers: { "content-length": "16384" } }), undefined],
    [
      "a body of 16 kB and a byte",
      req({ method: "POST", url: "/api/trpc/x", headers: { "content-length": "16385" } }),
      413,
    ],
  ])("%s", (_name, request, status) => {
    expect(refusal(request, "id.example.com")?.[0]).toBe(status);
  });
});

describe("a request through the front door", () => {
  test("loses the headers that claim an address, and gets the true ones", async () => {
    const claims = {
      "x-forwarded-for": "6.6.6.6",
      "x-real-ip": "6.6.6.6",
      forwarded: "for=6.6.6.6",
      "x-forwarded-host": "evil.example",
      "x-request-id": "mine",
    };
    const { headers } = JSON.parse((await send("/", { headers: claims })).body);
    expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
    expect(headers["x-forwarded-host"]).toBe(`localhost:${port()}`);
    expect(headers["x-real-ip"]).toBeUndefined();
    expect(headers.forwarded).toBeUndefined();
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("gets security headers and a request id, also when it is refused (HDR-04)", async () => {
    for (const answer of [await send("/"), await send("/", { method: "DELETE" }), await mutate("signIn.signOut", {})]) {
      expect(answer.headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(answer.headers["x-powered-by"]).toBeUndefined();
    }
  });

  test("with a body over 16 kB is refused before the body is read (INP-01)", async () => {
    const answer = await mutate("signUp.requestCode", { identifier: "a".repeat(1_000_000) }).catch(() => null);
    // The answer may be lost while the client still writes. The body must not be accepted.
    if (answer) expect(answer.status).toBe(413);
  });
});

describe("a mutation (HDR-01)", () => {
  const email = freshEmail();
  const body = JSON.stringify({ identifier: email });
  const attempt = (headers: Record<string, string>) =>
    send("/api/trpc/signUp.requestCode", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });

  test.each<[string, () => Record<string, string>]>([
    ["another origin", () => ({ origin: "https://evil.example" })],
    ["the origin null", () => ({ origin: "null" })],
    ["our host over another scheme", () => ({ origin: `https://localhost:${port()}` })],
    ["a sibling by Fetch Metadata", () => ({ "sec-fetch-site": "same-site", origin: `http://localhost:${port()}` })],
    ["cross-site by Fetch Metadata", () => ({ "sec-fetch-site": "cross-site" })],
    ["a typed address by Fetch Metadata", () => ({ "sec-fetch-site": "none" })],
    ["an unknown origin with a session cookie", () => ({ cookie: `latchkey_session=${"a".repeat(43)}` })],
  ])("from %s is refused", async (_name, headers) => {
    const answer = await attempt(headers());
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).error.data.reason).toBe("CROSS_SITE");
    expect(await queuedCode(email)).toBeNull();
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/json-patch+json",
    "application/json, text/plain",
    "text/plain; application/json",
    "",
  ])("of content type %j is refused, with input and without", async (type) => {
    const headers: Record<string, string> = type ? { "content-type": type } : {};
    const own = { origin: `http://localhost:${port()}` };
    for (const procedure of ["signUp.requestCode", "signIn.signOut"]) {
      const answer = await send(`/api/trpc/${procedure}`, { method: "POST", headers: { ...own, ...headers }, body });
      expect(answer.status).toBe(415);
    }
    expect(await queuedCode(email)).toBeNull();
  });

  test("by GET is refused (HDR-02)", async () => {
    const answer = await send(`/api/trpc/signUp.requestCode?input=${encodeURIComponent(body)}`);
    expect(answer.status).toBe(405);
  });

  test("from a program without an origin and without a session is accepted", async () => {
    expect((await attempt({})).status).toBe(200);
  });
});

describe("one request, one guess (THR-02)", () => {
  const guess = { identifier: "a@example.com", code: "123456" };
  const batch = (paths: string[], headers = {}) =>
    mutate(`${paths.join(",")}?batch=1`, Object.fromEntries(paths.map((_, i) => [i, guess])), headers);

  test("a batch with two guesses is refused as a whole", async () => {
    expect((await batch(["signUp.verifyCode", "signUp.verifyCode"])).status).toBe(400);
    expect((await batch(["signUp.verifyCode", "signIn.password"])).status).toBe(400);
  });

  test("a batch of more than ten is refused", async () => {
    expect((await batch(Array<string>(11).fill("signIn.signOut"))).status).toBe(400);
    expect((await send(`/api/trpc/${",".repeat(5000)}?batch=1`)).status).toBe(400);
  });

  test("a batch that asks for a stream gets one JSON answer with its true status", async () => {
    for (const accept of ["trpc-accept", "accept"]) {
      const answer = await batch(["signUp.verifyCode"], { [accept]: "application/jsonl" });
      expect(answer.headers["content-type"]).toBe("application/json");
      expect(answer.status).toBe(400);
    }
    const two = await batch(["signUp.verifyCode", "signUp.verifyCode"], { "trpc-accept": "application/jsonl" });
    expect(two.status).toBe(400);
    expect(two.body).not.toContain("INVALID_CODE");
  });
});

describe("over HTTP", () => {
  test("a person signs up, completes the profile, signs out and signs in again", async () => {
    const identifier = freshEmail();
    const asked = await mutate("signUp.requestCode", { identifier });
    expect(asked.status).toBe(200);
    const browser = cookiesOf(asked);
    expect(asked.headers["set-cookie"]?.[0]).toMatch(
      /^latchkey_browser=[\w-]{43}\.[\w-]{43}; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/,
    );

    const code = await queuedCode(identifier);
    const wrong = await mutate(
      "signUp.verifyCode",
      { identifier, code: "000000" === code ? "000001" : "000000" },
      { cookie: browser },
    );
    expect(JSON.parse(wrong.body).error).toEqual({
      message: "INVALID_CODE",
      code: -32600,
      data: {
        code: "BAD_REQUEST",
        httpStatus: 400,
        path: "signUp.verifyCode",
        reason: "INVALID_CODE",
        attemptsRemaining: 2,
      },
    });
    const spelled = `${code?.slice(0, 3)} - ${code?.slice(3)}`.replace(/\d/g, (digit) =>
      String.fromCodePoint(0xff10 + Number(digit)),
    );
    const proven = await mutate(
      "signUp.verifyCode",
      { identifier: ` ${identifier.toUpperCase()} `, code: spelled },
      { cookie: browser },
    );
    expect(JSON.parse(proven.body)).toEqual({ result: { data: { next: "profile" } } });
    const session = cookiesOf(proven);

    const finished = await mutate(
      "signUp.completeProfile",
      { name: "Ada", password: "blue otter lamp chair", dob: "" },
      { cookie: session },
    );
    expect(JSON.parse(finished.body)).toEqual({ result: { data: { next: "account" } } });
    const renewed = cookiesOf(finished);
    const me = JSON.parse((await send("/api/trpc/account.me", { headers: { cookie: renewed } })).body).result.data;
    expect(me).toMatchObject({
      email: identifier,
      name: "Ada",
      accountType: "live",
      role: "USER",
      hasPassword: true,
      dob: null,
    });
    expect(Object.keys(me).sort()).toEqual(
      "accountType,adminSecondsLeft,country,createdAt,dob,email,emailVerified,fullName,hasPassword,id,isProfileComplete,lastLoginAt,missingAdminProofs,missingProofs,name,phoneNumber,phoneVerified,proofs,role,sNo,state,username,zip".split(
        ",",
      ),
    );

    const out = await mutate("signIn.signOut", {}, { cookie: renewed });
    expect(out.headers["set-cookie"]?.[0]).toMatch(/^latchkey_session=; Path=\/; Max-Age=0;/);
    expect(
      JSON.parse((await send("/api/trpc/account.me", { headers: { cookie: renewed } })).body).result.data,
    ).toBeNull();

    const back = await mutate("signIn.password", { identifier, password: "blue otter lamp chair" });
    expect(JSON.parse(back.body)).toEqual({ result: { data: { next: "account" } } });
  });

  test("a request within the cooldown is answered 429 with Retry-After", async () => {
    const identifier = freshEmail();
    await mutate("signUp.requestCode", { identifier });
    const answer = await mutate("signUp.requestCode", { identifier });
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("60");
    expect(JSON.parse(answer.body).error.data).toMatchObject({ reason: "COOLDOWN", retryAfterSeconds: 60 });
  });
});

test("a new browser's two asks in one batch get one browser cookie, and both codes work with it (law 6)", async () => {
  const [one, other] = [freshEmail(), freshEmail()];
  const input = { 0: { identifier: one }, 1: { identifier: other } };
  const asked = await mutate("signUp.requestCode,signUp.requestCode?batch=1", input);
  expect(asked.status).toBe(200);
  expect(asked.headers["set-cookie"]).toHaveLength(1);
  let cookie = cookiesOf(asked);
  for (const identifier of [one, other]) {
    const code = await queuedCode(identifier);
    const proven = await mutate("signUp.verifyCode", { identifier, code }, { cookie });
    expect(proven.status).toBe(200);
    // A sign-in renews the browser's id, and the open code moves along.
    cookie = cookiesOf(proven);
  }
});
