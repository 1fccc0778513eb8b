import { beforeAll, describe, expect, test } from "vitest";
import { isLong } from "@/testing/long";
import { callers, DENIALS, matrix, procedures, refusalOf, type Who } from "@/testing/matrix";
import { account } from "@/testing/people";
import { session } from "@/testing/sessions";
import { contents } from "./contents";
import { cheapBcrypt, stage } from "./stage";

const { visitor } = stage({
  env: { ...cheapBcrypt, IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" },
});
const everybody = Object.keys(callers) as Who[];

/** A browser with somebody's session cookie. */
function holding(secret: string | null) {
  return visitor(secret === null ? {} : { headers: { cookie: `latchkey_session=${secret}` } });
}

const live = async (row: Parameters<typeof account>[1] = {}) => ({
  accountType: "live" as const,
  ...(await account("live", row)),
});

describe("who may call what, on the built app (ADM-01, ADM-02, ADM-03)", () => {
  test.each(Object.entries(matrix))("%s", async (procedure, { who: level, input }) => {
    const call = async (secret: string | null) => {
      const isQuery = procedures[procedure]?._def.type === "query";
      return isQuery ? holding(secret).ask(procedure, input) : holding(secret).call(procedure, input);
    };
    // What is open to anyone is asked by a few.
    const few = everybody.filter((who) => ["nobody", "fresh", "deactivated"].includes(who));
    const some = level === "anyone" && !isLong ? few : everybody;
    // Signing out ends every session there is: whoever was signed out comes first.
    const order = some.toSorted((a, b) => Number(b === "signed out") - Number(a === "signed out"));
    const [may, mayNot] = [
      order.filter((who) => refusalOf(level, who) === undefined),
      order.filter((who) => refusalOf(level, who) !== undefined),
    ];
    const secrets: [Who, string | null][] = [];
    for (const who of mayNot) secrets.push([who, await callers[who]()]);
    const before = await changeable();
    const refused = await Promise.all(secrets.map(async ([who, secret]) => [who, await call(secret)] as const));
    expect(await changeable(), "a refused call changed something").toEqual(before);
    for (const [who, { status, reason, data }] of refused) {
      const expected = refusalOf(level, who);
      expect([who, reason, status]).toEqual([who, expected, expected === "UNAUTHORIZED" ? 401 : 403]);
      expect(data).toBeUndefined();
    }
    for (const who of may) {
      const { status, reason } = await call(await callers[who]());
      expect(status, who).toBeLessThan(500);
      expect(DENIALS, who).not.toContain(reason);
    }
  });
});

/** All but how often an address has asked: that is counted first, for whoever comes. */
async function changeable() {
  const { "public.limit_windows": _, ...rest } = await contents();
  return rest;
}

describe("a foreign id is told like one that is nobody's, byte by byte (ENU-05)", () => {
  const missing = "00000000-0000-4000-8000-000000000000";

  test("of a session", async () => {
    const [one, other] = [await live(), await live()];
    await session(other);
    const foreign = (await holding(await session(other)).ask("account.sessions")).data;
    const ids = (Array.isArray(foreign) ? foreign : []).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const thief = holding(await session(one));
    const before = await contents();
    const answers = await Promise.all([...ids, missing].map((id) => thief.call("account.revokeSession", { id })));
    expect(new Set(answers.map(({ status, body, headers }) => `${status} ${body} ${plain(headers)}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404, reason: "NOT_FOUND" });
    expect(await contents()).toEqual(before);
  });

  test("of an account, to whoever is no admin", async () => {
    const other = await live();
    for (const who of ["nobody", "fresh", "fresh demo", "incomplete", "admin just demoted"] as const) {
      const caller = holding(await callers[who]());
      for (const procedure of ["get", "timeline", "otpStats", "otpHistory"]) {
        const [theirs, none] = [
          await caller.ask(`admin.users.${procedure}`, { id: other.id }),
          await caller.ask(`admin.users.${procedure}`, { id: missing }),
        ];
        expect(`${theirs.status} ${theirs.body} ${plain(theirs.headers)}`).toBe(
          `${none.status} ${none.body} ${plain(none.headers)}`,
        );
      }
    }
  });

  test("of an admin’s page, to whoever is no admin", async () => {
    const other = await live();
    for (const who of ["nobody", "fresh"] as const) {
      const caller = holding(await callers[who]());
      const [theirs, none] = [await caller.go(`/admin/users/${other.id}`), await caller.go(`/admin/users/${missing}`)];
      expect(theirs.status).toBe(none.status);
      const bare = (body: string, id: string) => body.replaceAll(id, "ID").replaceAll(/nonce(=|\\":\\)"[^"\\]*/g, "");
      expect(bare(theirs.body, other.id)).toBe(bare(none.body, missing));
    }
  });

  const plain = (headers: Record<string, unknown>) =>
    JSON.stringify({ ...headers, date: undefined, "x-request-id": undefined });
});

/** What a page of ours holds of people or numbers once it has looked something up. */
const DATA = /canary|email_otps|"queryKey\\*":\[\[\\*"admin/i;

/** Ways to ask for a page past whoever guards it, by header. */
const tree = (...path: string[]) =>
  encodeURIComponent(
    JSON.stringify(
      ["__PAGE__", ...path.toReversed()].reduce<unknown>(
        (inner, name) => [name, inner ? { children: inner } : {}, null, "refetch"],
        null,
      ),
    ),
  );
const ways: Record<string, Record<string, string>> = {
  "as a document": {},
  "as a navigation": { rsc: "1" },
  "as a prefetch": { rsc: "1", "next-router-prefetch": "1" },
  "as a runtime prefetch": { rsc: "1", "next-router-prefetch": "2" },
  "as a segment": { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
  "as the page's segment": { rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/admin/__PAGE__" },
  "as a part, the rest known": { rsc: "1", "next-router-state-tree": tree("", "admin"), "next-url": "/admin" },
  "as a refresh": { rsc: "1", "next-hmr-refresh": "1", "next-url": "/account" },
  "past a middleware (CVE-2025-29927)": { "x-middleware-subrequest": Array(5).fill("src/middleware").join(":") },
  "past a proxy": { "x-middleware-subrequest": Array(5).fill("src/proxy").join(":") },
  "as the middleware itself": {
    "x-middleware-next": "1",
    "x-middleware-rewrite": "/admin",
    "x-middleware-set-cookie": "a=b",
  },
  "as Next's data": { "x-nextjs-data": "1", purpose: "prefetch" },
  "as a render from within": {
    "x-now-route-matches": "1=admin",
    "x-matched-path": "/admin",
    "x-invoke-path": "/admin",
  },
  "as a server action": { "next-action": "a".repeat(42), accept: "text/x-component" },
};

describe("pages give no data to whom they are not for (ADM-01, SES-05)", () => {
  let person: string;
  let own: string;
  let admin: string;
  beforeAll(async () => {
    const canary = await live({ name: "Canary" });
    person = `/admin/users/${canary.id}`;
    own = await session(canary);
    admin = await session(await live({ role: "ADMIN" }), { code: 0, password: 0 });
  });
  const pages = () => [
    ...["", "/users", "/codes", "/deliveries", "/audit", "/policies"].map((p) => `/admin${p}`),
    person,
  ];

  /** A list and a person: what stands for the rest where everybody tries everything. */
  const some = () => (isLong ? pages() : ["/admin/users", person]);

  async function look(secret: string | null, path: string, headers: Record<string, string>) {
    const from = holding(secret);
    const cookie: Record<string, string> = secret === null ? {} : { cookie: `latchkey_session=${secret}` };
    const answer = await from.go(path, { headers: { ...cookie, ...headers } });
    // Next first leads to the address that its own client would have asked: so goes the attacker.
    const { location = "" } = answer.headers;
    return /[?&]_rsc/.test(location) ? from.go(location, { headers: { ...cookie, ...headers } }) : answer;
  }

  test.each(["as a document", "as a navigation", "as a refresh"])(
    "an admin sees it %s, so it could leak",
    async (way) => {
      for (const path of pages()) expect(DATA.test((await look(admin, path, ways[way] ?? {})).body), path).toBe(true);
      expect(DATA.test((await look(own, "/account", ways[way] ?? {})).body)).toBe(true);
    },
  );

  test.each(Object.entries(ways))("asked for %s", async (_way, headers) => {
    const user = await callers.fresh();
    const asked = [...pages().map((path) => [null, path] as const), ...some().map((path) => [user, path] as const)];
    for (const [secret, path] of asked) {
      const answer = await look(secret, path, headers);
      expect(answer.status, path).toBeLessThan(500);
      expect(DATA.test(answer.body), path).toBe(false);
    }
    for (const path of ["/account", "/signup/profile", "/step-up"])
      expect(DATA.test((await look(null, path, headers)).body), path).toBe(false);
  });

  test("asked for by every other caller", async () => {
    for (const who of everybody) {
      if (who === "admin with both" || who === "admin with one fresh proof") continue; // theirs are the pages
      const secret = await callers[who]();
      for (const path of who === "fresh" ? pages() : some())
        for (const way of ["as a document", "as a navigation"])
          expect(DATA.test((await look(secret, path, ways[way] ?? {})).body), `${who} at ${path}`).toBe(false);
    }
  });

  test("asked for by other addresses", async () => {
    const user = await callers.fresh();
    for (const path of pages()) {
      for (const other of [
        `${path}.rsc`,
        `${path}.txt`,
        `${path}.segments/_tree.segment.rsc`,
        `${path}.segments/admin/__PAGE__.segment.rsc`,
        `/_next/data/build${path}.json`,
        `${path}?__nextDataReq=1&_rsc=1`,
        `${path}/`,
        `/%61dmin${path.slice("/admin".length)}`,
        `/x/%2e%2e${path}`,
        `/${path}`,
        `${path};.css`,
        `${path}%2f`,
        `${path}?_path=/admin&nxtPid=1`,
      ]) {
        for (const secret of [null, user]) {
          const answer = await look(secret, other, {});
          expect(answer.status, other).toBeLessThan(500);
          expect(DATA.test(answer.body), other).toBe(false);
        }
      }
    }
  });

  test("a cookie that was signed out is nobody's, wherever it is replayed (SES-05)", async () => {
    const victim = await live({ name: "Canary" });
    const secret = await session(victim, { code: 0, password: 0 });
    expect((await holding(secret).ask("account.me")).data).toMatchObject({ id: victim.id });
    expect((await holding(secret).call("signIn.signOut")).status).toBe(200);
    const replay = holding(secret);
    expect((await replay.ask("account.me")).data).toBeNull();
    expect((await replay.ask("account.sessions")).status).toBe(401);
    expect((await replay.call("account.updateProfile", { name: "Eve" })).status).toBe(401);
    for (const headers of Object.values(ways)) {
      const answer = await look(secret, "/account", headers);
      expect(DATA.test(answer.body)).toBe(false);
      if (Object.keys(headers).length === 0)
        expect(answer).toMatchObject({ status: 307, headers: { location: "/signin?next=/account" } });
    }
  });
});
