import { beforeAll, describe, expect, test } from "vitest";
import { account, queuedCode } from "@/testing/people";
import { inVain } from "./contents";
import { linksIn, mailTo } from "./letters";
import { stage } from "./stage";

const { visitor, person } = stage({ env: { IP_HOURLY_REQUESTS: "100000", IP_HOURLY_GUESSES: "100000" } });
const own = () => process.env.BASE_URL ?? "";

describe("open redirects: `next` leads nowhere but home (LNK-05)", () => {
  const elsewhere = [
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HtTpS://evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "/..//evil.example",
    "/.//evil.example",
    "/account/..//evil.example",
    "/%2e%2e//evil.example",
    "@evil.example",
    "localhost.evil.example",
    ".evil.example",
    ":80@evil.example",
    "//evil%E3%80%82example",
    "/\u2028/evil.example",
    "/\ufeff/evil.example",
    "〱evil.example",
    "／／evil.example",
    "/\r\nLocation: https://evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/%0D%0ASet-Cookie:evil=1",
    "/%2f/evil.example",
    "/%2F%2Fevil.example",
    "/%5cevil.example",
    "/%252fevil.example\0",
    "/account#//evil.example",
    "#//evil.example",
    "?next=//evil.example",
  ];
  let browser: ReturnType<typeof visitor>;
  const asking = visitor();
  beforeAll(async () => {
    ({ browser } = await person());
    const { email } = await account("live");
    await asking.call("signIn.requestCode", { identifier: email });
  });
  const query = (next: string) => `next=${encodeURIComponent(next)}`;

  test.each(elsewhere)("%j", async (next) => {
    // A page that goes on at once goes home; one that goes on later was told of no other way.
    const nobody = visitor();
    const redirected = [
      [await nobody.go(`/step-up?${query(next)}`), "/signin?next=%2Faccount"],
      [await nobody.go(`/signin/verify?${query(next)}`), "/signin"],
      [await browser.go(`/step-up?${query(next)}`), "/account"],
      [await browser.go(`/step-up?${query("/account")}&${query(next)}`), "/account"],
    ] as const;
    for (const [{ status, headers }, expected] of redirected) {
      expect(status).toBe(307);
      expect(headers.location).toBe(expected);
      expect(headers["set-cookie"]).toBeUndefined();
    }
    const asked = [
      await nobody.go(`/signin?${query(next)}`),
      await nobody.go(`/signin?${query(next)}&${query(next)}`),
      await browser.go(`/signin?${query(next)}`),
      await asking.go(`/signin/verify?${query(next)}`),
    ];
    for (const { status, body } of asked) {
      expect(status).toBe(200);
      expect(/\\"next\\":(null|\\"[^"]*")/.exec(body)?.[1]).toBe("null");
      expect([...body.matchAll(/href="([^"]*evil[^"]*)"/g)]).toEqual([]);
    }
  });

  test("a page of ours is kept, so that the above means something", async () => {
    const next = "/admin/users?query=ada";
    expect((await visitor().go(`/step-up?${query(next)}`)).headers.location).toBe(`/signin?${query(next)}`);
    expect((await visitor().go(`/signin?${query(next)}`)).body).toContain(`\\"next\\":\\"${next}\\"`);
  });

  test("a call that signs in says `account`, and takes no `next`", async () => {
    const { email } = await account("live");
    const one = visitor();
    await one.call("signIn.requestCode", { identifier: email });
    const code = await queuedCode(email);
    const asked = { identifier: email, code, next: "//evil.example" };
    expect(await one.call("signIn.verifyCode", asked)).toMatchObject({ status: 400, reason: "BAD_REQUEST" });
    const signedIn = await one.call("signIn.verifyCode?next=//evil.example", { identifier: email, code });
    expect(signedIn).toMatchObject({ status: 200, data: { next: "account" } });
    expect(signedIn.headers.location).toBeUndefined();
  });
});

describe("links are of BASE_URL, whatever a request says of itself (LNK-02)", () => {
  const asks = ["passwordReset.requestLink", "emailVerification.requestLink", "signUp.requestCode"] as const;

  async function ask(procedure: (typeof asks)[number], headers: Record<string, string>) {
    const isProven = procedure === "passwordReset.requestLink";
    const { email } = await account("live", { emailVerified: isProven, isProfileComplete: isProven });
    const input = procedure === "signUp.requestCode" ? { identifier: email } : { email };
    return { email, answer: () => visitor().call(procedure, input, headers) };
  }

  test.each([
    { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-port": "1" },
    { forwarded: "host=evil.example;proto=https;for=evil.example" },
    { "x-forwarded-server": "evil.example", "x-host": "evil.example", "x-original-host": "evil.example" },
    { referer: "https://evil.example/", "x-forwarded-prefix": "//evil.example" },
    { "x-original-url": "https://evil.example/", "x-rewrite-url": "https://evil.example/", via: "1.1 evil.example" },
  ] as Record<string, string>[])("claimed by %j", async (headers) => {
    for (const procedure of asks) {
      const { email, answer } = await ask(procedure, headers);
      expect((await answer()).status).toBe(200);
      const mail = await mailTo(email);
      for (const link of linksIn(mail)) expect(link === "" || new URL(link).origin).toBe(own());
      expect(linksIn(mail).length > 0).toBe(procedure !== "signUp.requestCode");
      expect(JSON.stringify(mail)).not.toContain("evil");
    }
  });

  test.each<[Record<string, string>, number]>([
    [{ host: "evil.example" }, 421],
    [{ host: "localhost" }, 421],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
  ])("refused with %j, and nothing is queued", async (headers, status) => {
    for (const procedure of asks) {
      const { answer } = await ask(procedure, headers);
      await inVain(answer, status);
    }
  });
});
