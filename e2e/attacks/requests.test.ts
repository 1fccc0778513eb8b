import { beforeAll, describe, expect, test } from "vitest";
import { account, freshEmail, otherCode, queuedCode } from "@/testing/people";
import type { Answer } from "@/testing/send";
import { session } from "@/testing/sessions";
import { inVain } from "./contents";
import { stage } from "./stage";

const { visitor } = stage({ env: { IP_HOURLY_REQUESTS: "10000", IP_HOURLY_GUESSES: "10000" } });
const own = () => process.env.BASE_URL ?? "";

/** The attacker holds a live challenge of an account that exists: a guess that is looked at would be charged. */
const attacker = visitor();
let guess: { identifier: string; code: string };
/** Signed in, in another browser: what a cross-site request would act for. */
let cookie: string;

beforeAll(async () => {
  const { id, email } = await account("live");
  await attacker.call("signIn.requestCode", { identifier: email });
  guess = { identifier: email, code: otherCode((await queuedCode(email)) ?? "") };
  cookie = `latchkey_session=${await session({ accountType: "live", id })}`;
});

const post = (path: string, body: unknown, more: Record<string, string> = {}) =>
  attacker.go(path, {
    method: "POST",
    headers: { "content-type": "application/json", origin: own(), "sec-fetch-site": "same-origin", ...more },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("one request, one guess (THR-02)", () => {
  const guesses = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [at, guess]));
  const times = (path: string, count: number, comma = ",") => Array<string>(count).fill(path).join(comma);
  const check = "signIn.verifyCode";

  test.each<[string, string, number, number]>([
    ["50 guesses", times(check, 50), 50, 400],
    ["ten guesses", times(check, 10), 10, 400],
    ["two guesses", times(check, 2), 2, 400],
    ["two, the comma encoded", times(check, 2, "%2C"), 2, 400],
    ["50, the comma encoded", times(check, 50, "%2c"), 50, 400],
    ["two, a letter encoded", `${check},signIn.%76erifyCode`, 2, 400],
    ["two, encoded twice", times(check, 2, "%252C"), 2, 404],
    // Each call has its own refusal: the names that are none another one.
    ["two, with empty names between", times(check, 2, ",,,"), 4, 207],
    ["a code and a password", `${check},signIn.password`, 2, 400],
    ["codes of two purposes", `${check},passwordReset.verifyCode`, 2, 400],
    ["a code and a token", `${check},emailVerification.confirmLink`, 2, 400],
    ["a guess among eleven", `${check},${times("challenge.current", 10)}`, 11, 400],
    ["5,000 empty names", ",".repeat(5000), 1, 400],
    ["a guess and 5,000 empty names", `${check}${",".repeat(5000)}`, 1, 400],
  ])("%s in a batch", async (_name, paths, count, status) => {
    for (const accept of [{}, { "trpc-accept": "application/jsonl" }, { accept: "application/jsonl" }]) {
      await inVain(() => post(`/api/trpc/${paths}?batch=1`, guesses(count), accept as Record<string, string>), status);
    }
  });

  test.each<[string, () => Promise<Answer>, number | number[]]>([
    ["two names without a batch", () => post(`/api/trpc/${check},${check}`, guess), 404],
    ["a batch that is called otherwise", () => post(`/api/trpc/${check},${check}?batch=2`, guesses(2)), 404],
    ["a list of guesses", () => post(`/api/trpc/${check}`, [guess, guess]), 400],
    ["lists in lists", () => post(`/api/trpc/${check}?batch=1`, { 0: [[guess], [guess]] }), 400],
    ["a list for a batch of one", () => post(`/api/trpc/${check}?batch=1`, [[guess, guess]]), 400],
    ["codes in a list", () => post(`/api/trpc/${check}`, { ...guess, code: [guess.code, "000000"] }), 400],
    ["lists of identifiers", () => post(`/api/trpc/${check}`, { ...guess, identifier: [guess.identifier] }), 400],
    ["guesses by GET", () => attacker.go(`/api/trpc/${check},${check}?batch=1&input=${json(guesses(2))}`), [400, 405]],
    ["Next's own route, by dots", () => post(`/api/%2e/trpc/${check},${check}?batch=1`, guesses(2)), 400],
    ["Next's own route, by slashes", () => post(`/api//trpc/${check},${check}?batch=1`, guesses(2)), 400],
    ["Next's own route, by a semicolon", () => post(`/api/trpc;/${check},${check}?batch=1`, guesses(2)), 404],
    ["an encoded slash", () => post(`/api/trpc%2f${check},${check}?batch=1`, guesses(2)), 404],
  ])("%s", (_name, attack, status) => inVain(attack, status));

  test("a batch with one guess and more inputs than names is one guess, and charged as one", async () => {
    const answer = await post(`/api/trpc/${check}?batch=1`, guesses(50));
    const told = JSON.parse(answer.body);
    expect(told).toHaveLength(1);
    // Of three: all that was tried above has cost nothing.
    expect(told[0].error.data).toMatchObject({ reason: "INVALID_CODE", attemptsRemaining: 2 });
  });
});

const json = (input: unknown) => encodeURIComponent(JSON.stringify(input));

describe("a mutation is a POST (HDR-02, HDR-07)", () => {
  const mutations = [
    ["signUp.requestCode", () => JSON.stringify({ identifier: freshEmail() })],
    ["signIn.signOut", () => "{}"],
  ] as const;
  const overrides: Record<string, string> = {
    "x-http-method-override": "POST",
    "x-http-method": "POST",
    "x-method-override": "POST",
  };

  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])("%s is none", async (method) => {
    // To a HEAD tRPC says that it is there, and runs nothing.
    const status = method === "HEAD" ? 204 : 405;
    for (const [procedure, body] of mutations) {
      const path = `/api/trpc/${procedure}`;
      const headers = { origin: own(), "sec-fetch-site": "same-origin", "content-type": "application/json", cookie };
      await inVain(() => attacker.go(`${path}?input=${encodeURIComponent(body())}`, { method, headers }), status);
      await inVain(() => attacker.go(path, { method, headers: { ...headers, ...overrides } }), status);
      await inVain(() => attacker.go(`${path}?_method=POST&_method=post`, { method, headers }), status);
      if (method !== "GET" && method !== "HEAD" && method !== "TRACE")
        await inVain(() => attacker.go(path, { method, headers, body: body() }), 405);
    }
  });

  test("nor is a POST that says it is something else, or a query by POST", async () => {
    await inVain(() => post("/api/trpc/account.me", {}, { cookie, "x-http-method-override": "GET" }), 405);
    await inVain(() => post("/signin", "", { "next-action": "a".repeat(42) }), 405);
    await inVain(() => post("/account", "", { cookie, "x-http-method-override": "PUT" }), 405);
  });
});

describe("a mutation is JSON from our own pages (HDR-01)", () => {
  const types: [string, number][] = [
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ["APPLICATION/JSON;charset=UTF-8", 200],
    ["application/jsonp", 415],
    ["application/json-patch+json", 415],
    ["application/json, multipart/form-data; boundary=x", 415],
    ["multipart/form-data; boundary=x", 415],
    ["multipart/form-data; boundary=application/json", 415],
    ["application/x-www-form-urlencoded", 415],
    ["text/plain", 415],
    ["text/plain; application/json", 415],
    ["application/octet-stream", 415],
    ["", 415],
  ];
  test.each(types)("content type %j: %i", async (type, status) => {
    const headers: Record<string, string> = { origin: own(), ...(type ? { "content-type": type } : {}) };
    const people: Record<string, string>[] = [{}, { cookie }];
    for (const signedIn of people) {
      const attack = (procedure: string, body: string) =>
        visitor({ ip: "127.5.0.1" }).go(`/api/trpc/${procedure}`, {
          method: "POST",
          headers: { ...headers, ...signedIn },
          body,
        });
      const body = JSON.stringify({ identifier: freshEmail() });
      if (status === 200) {
        const answer = await attack("signUp.requestCode", body);
        expect(answer.status).toBe(200);
        continue;
      }
      await inVain(() => attack("signUp.requestCode", body), status);
      await inVain(() => attack("signIn.signOut", ""), status);
    }
  });

  /** Which origin, which Fetch Metadata, with a session cookie: the only ways that lead in. All others are refused. */
  const ways = new Set([
    "own,none said,signed in",
    "own,none said,nobody",
    "own,same-origin,signed in",
    "own,same-origin,nobody",
    "absent,same-origin,signed in",
    "absent,same-origin,nobody",
    "absent,none said,nobody",
  ]);
  const origins: Record<string, () => string | undefined> = {
    own,
    absent: () => undefined,
    empty: () => "",
    null: () => "null",
    sibling: () => own().replace("localhost", "other.localhost"),
    "another port": () => "http://localhost:1",
    https: () => own().replace("http:", "https:"),
    "a prefix": () => `${own()}.evil.example`,
    twice: () => `${own()}, https://evil.example`,
    evil: () => "https://evil.example",
  };
  test.each(Object.entries(origins))("origin: %s", async (name, origin) => {
    for (const site of ["none said", "same-origin", "same-site", "cross-site", "none"]) {
      for (const who of ["signed in", "nobody"]) {
        const said = origin();
        const headers: Record<string, string> = {
          "content-type": "application/json",
          ...(said === undefined ? {} : { origin: said }),
          ...(site === "none said" ? {} : { "sec-fetch-site": site }),
          ...(who === "signed in" ? { cookie } : {}),
        };
        const body = JSON.stringify({ identifier: freshEmail() });
        const attack = () =>
          visitor({ ip: "127.5.0.2" }).go("/api/trpc/signUp.requestCode", { method: "POST", headers, body });
        if (ways.has(`${name},${site},${who}`)) expect((await attack()).status, `${site}, ${who}`).toBe(200);
        else await inVain(attack, 403);
      }
    }
  });
});
