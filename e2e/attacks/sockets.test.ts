import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { inVain } from "./contents";
import { raw } from "./raw";
import { stage } from "./stage";

const { apps } = stage({ env: { LOG_LEVEL: "info" } });
const own = () => process.env.BASE_URL ?? "";
const host = () => new URL(own()).host;
const port = () => apps[0]?.port ?? 0;

/** Requests that never end, sent before all others: they are given half a minute, which the other tests take, too. */
let endless: ReturnType<typeof raw>[] = [];
beforeAll(() => {
  const head = `Host: ${host()}\r\nOrigin: ${own()}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n`;
  endless = [
    raw(port(), `GET /signin HTTP/1.1\r\nHost: ${host()}\r\n`, 60_000),
    raw(port(), `POST /api/trpc/signIn.signOut HTTP/1.1\r\n${head}\r\n{`, 60_000),
  ];
});

describe("a body is small, and of a length that is known (INP-01)", () => {
  const head = (more: string, path = "/api/trpc/signUp.requestCode") =>
    `POST ${path} HTTP/1.1\r\nHost: ${host()}\r\nContent-Type: application/json\r\nOrigin: ${own()}\r\n${more}\r\n`;
  const sized = (body: string, path?: string) => head(`Content-Length: ${Buffer.byteLength(body)}\r\n`, path) + body;
  const items = (count: number) => JSON.stringify({ identifier: Array<number>(count).fill(1) });
  const attacks: [string, () => string, number][] = [
    ["a megabyte", () => sized(JSON.stringify({ identifier: "a".repeat(1_000_000) })), 413],
    ["a million items", () => sized(items(1_000_000)), 413],
    ["a million inputs to a batch", () => sized(items(1_000_000), "/api/trpc/signUp.requestCode?batch=1"), 413],
    ["a byte more than the cap", () => sized(" ".repeat(16_385)), 413],
    ["a length that is said and not sent", () => head("Content-Length: 999999999\r\n"), 413],
    ["a length beyond numbers", () => head("Content-Length: 99999999999999999999999\r\n"), 400],
    ["a length below zero", () => head("Content-Length: -1\r\n"), 400],
    ["two lengths", () => head("Content-Length: 2\r\nContent-Length: 20000\r\n"), 400],
    ["chunks", () => `${head("Transfer-Encoding: chunked\r\n")}2\r\n{}\r\n0\r\n\r\n`, 411],
    ["chunks and a length", () => head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), 400],
    ["chunks by another name", () => head("Transfer-Encoding: identity, gzip\r\n"), 411],
    ["8,000 items", () => sized(items(8000)), 400],
    ["lists 8,000 deep", () => sized("[".repeat(8000) + "]".repeat(8000)), 400],
    ["objects 2,500 deep", () => sized('{"a":'.repeat(2500) + 1 + "}".repeat(2500)), 400],
    ["lists 16,000 deep, not closed", () => sized("[".repeat(16_000)), 400],
    ["a megabyte of query", () => `GET /api/trpc/account.me?input=${"[".repeat(1_000_000)} HTTP/1.1\r\n\r\n`, 431],
    ["a megabyte of headers", () => `GET / HTTP/1.1\r\nX: ${"a".repeat(1_000_000)}\r\n\r\n`, 431],
    ["a megabyte to a page", () => sized("a".repeat(1_000_000), "/signin"), 405],
  ];

  test.each(attacks)("%s", async (_name, bytes, status) => {
    // The fastest of three: what else this machine does is not the app's.
    let fastest = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 3; turn += 1) {
      await inVain(async () => {
        const answer = await raw(port(), bytes());
        fastest = Math.min(fastest, answer.milliseconds);
        return answer;
      }, status);
      if (fastest < 100) break;
    }
    expect(fastest).toBeLessThan(100);
  });

  test.skipIf(!existsSync("/proc/self/status"))("500 of them leave the process's memory as it was", async () => {
    const flood = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) await Promise.all(attacks.map(([, bytes]) => raw(port(), bytes())));
    };
    await flood(6);
    const before = residentMegabytes(apps[0]?.process.pid);
    await flood(28);
    // 500 megabytes came in; what is allowed for is the collector's leisure.
    expect(residentMegabytes(apps[0]?.process.pid) - before).toBeLessThan(40);
  });
});

const residentMegabytes = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

describe("a request is for us, by its Host and its target (HDR-07)", () => {
  const get = (target: string, headers: string, method = "GET") =>
    raw(port(), `${method} ${target} HTTP/1.1\r\n${headers}\r\n`);
  const upgrade = (protocol: string) =>
    `Host: ${host()}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;

  test.each<[string, () => ReturnType<typeof raw>, number]>([
    ["an unknown Host", () => get("/account", "Host: evil.example\r\n"), 421],
    ["our Host with a user", () => get("/account", `Host: ada@${host()}\r\n`), 421],
    ["our Host in a longer one", () => get("/account", `Host: ${host()}.evil.example\r\n`), 421],
    ["our Host without the port", () => get("/account", "Host: localhost\r\n"), 421],
    ["the IP address", () => get("/account", `Host: 127.0.0.1:${port()}\r\n`), 421],
    ["no Host", () => get("/account", ""), 400],
    ["two Hosts", () => get("/account", `Host: ${host()}\r\nHost: evil.example\r\n`), 400],
    ["two Hosts, ours last", () => get("/account", `Host: evil.example\r\nHost: ${host()}\r\n`), 400],
    ["an absolute target", () => get("http://evil.example/account", `Host: ${host()}\r\n`), 400],
    ["an absolute target of ours", () => get(`${own()}/account`, `Host: ${host()}\r\n`), 400],
    ["a target without a scheme", () => get("//evil.example/account", `Host: ${host()}\r\n`), 400],
    ["a backslash", () => get("/\\evil.example/", `Host: ${host()}\r\n`), 400],
    ["a way up, encoded", () => get("/x/%2e%2e/%2e%2E/admin", `Host: ${host()}\r\n`), 400],
    ["a star", () => get("*", `Host: ${host()}\r\n`, "OPTIONS"), 400],
    ["TRACE", () => get("/", `Host: ${host()}\r\nCookie: a=b\r\n`, "TRACE"), 405],
    ["CONNECT", () => get("evil.example:443", `Host: ${host()}\r\n`, "CONNECT"), 405],
    ["CONNECT to a path", () => get("/", `Host: ${host()}\r\n`, "CONNECT"), 405],
    ["an upgrade where Next would listen in development", () => get("/_next/webpack-hmr", upgrade("websocket")), 404],
    ["HTTP/2 in clear", () => raw(port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400],
  ])("%s is refused", (_name, attack, status) => inVain(attack, status));

  test.each(["websocket", "h2c"])("an upgrade to %s is an ordinary request: no protocol is switched", async (to) => {
    for (const path of ["/", "/api/trpc/account.me", "/api/health"])
      expect((await get(path, upgrade(to))).status).toBe(200);
  });

  test.each([
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1",
    "Forwarded: host=evil.example;proto=https",
    "X-Host: evil.example",
    "X-Original-URL: /admin\r\nX-Rewrite-URL: /admin",
    "X-Original-Host: evil.example\r\nX-HTTP-Host-Override: evil.example",
  ])("%j leads nowhere else", async (claims) => {
    for (const path of ["/", "/account", "/signin/", "/.well-known/change-password"]) {
      const { status, head, body } = await get(path, `Host: ${host()}\r\n${claims}\r\n`);
      expect(status).toBeLessThan(400);
      const location = /^location: (.*)$/im.exec(head)?.[1]?.trim() ?? "/";
      expect(new URL(location, own()).origin).toBe(own());
      expect(head + body).not.toMatch(/evil|admin/);
    }
  });
});

describe("what Node would answer by itself is answered as every refusal is (HDR-04, LOG-04)", () => {
  const line = (more: string, method = "GET") => `${method} /signin HTTP/1.1\r\nHost: ${host()}\r\n${more}\r\n`;
  const logged = () => (apps[0]?.said() ?? "").split("\n").filter((text) => text.includes('"msg":"request"'));

  test.each<[string, () => string | Buffer, number, string]>([
    ["no HTTP at all", () => "HELLO\r\n\r\n", 400, "Bad Request"],
    ["a TLS greeting", () => Buffer.from("16030100c8010000c40303", "hex"), 400, "Bad Request"],
    ["HTTP/2 in clear", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "Bad Request"],
    ["a method that is none", () => line("", "FETCH"), 400, "Bad Request"],
    ["a header without a name", () => line(": canary-in-a-header\r\n"), 400, "Bad Request"],
    ["a header with a NUL", () => line("X: a\0b\r\n"), 400, "Bad Request"],
    ["two lengths", () => line("Content-Length: 1\r\nContent-Length: 2\r\n", "POST"), 400, "Bad Request"],
    [
      "chunks that are not the last coding",
      () => line("Transfer-Encoding: chunked, gzip\r\n", "POST"),
      400,
      "Bad Request",
    ],
    ["no Host", () => "GET /signin HTTP/1.1\r\n\r\n", 400, "Bad Request"],
    ["headers of a megabyte", () => line(`Cookie: ${"a".repeat(1_000_000)}\r\n`), 431, "clear this site's cookies"],
    ["an expectation", () => line("Expect: canary-miracle\r\n"), 417, "Expectation Failed"],
    ["CONNECT", () => "CONNECT canary.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "Method Not Allowed"],
  ])("%s", async (_name, bytes, status, words) => {
    const before = logged().length;
    const answer = await raw(port(), bytes());
    expect(answer.status).toBe(status);
    expectRefusal(answer, words);
    const told = await vi.waitFor(() => {
      // A line of what was sent before may still come.
      const lines = logged()
        .slice(before)
        .map((text) => JSON.parse(text));
      const its = lines.filter((one) => one.status === status);
      expect(its).toHaveLength(1);
      return its[0];
    });
    expect(told).toMatchObject({ event: "request.refused", status, ip: "127.0.0.1", requestId: expect.any(String) });
    expect(JSON.stringify(told)).not.toContain("canary");
  });

  test("what follows a request on its connection is never taken for that one's answer", async () => {
    for (let times = 0; times < 20; times += 1) {
      const { status } = await raw(port(), `${line("")}HELLO\r\n\r\n`);
      expect([0, 200]).toContain(status);
    }
  });

  test("only a request that is let in is asked to go on with its body", async () => {
    const post = (length: number) =>
      `POST /api/trpc/signIn.signOut HTTP/1.1\r\nHost: ${host()}\r\nOrigin: ${own()}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    expect((await raw(port(), `${post(2)}{}`)).head).toMatch(/^HTTP\/1\.1 100 Continue/);
    expect((await raw(port(), post(1_000_000))).head).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("a request that never ends, in its head or in its body", async () => {
    for (const answer of await Promise.all(endless)) {
      expect(answer.status).toBe(408);
      expectRefusal(answer, "Try again.");
    }
    await vi.waitFor(() => expect(logged().filter((text) => JSON.parse(text).status === 408)).toHaveLength(2));
  });

  function expectRefusal({ head, body }: { head: string; body: string }, words: string) {
    expect(body).toContain(words);
    for (const header of [
      "x-content-type-options: nosniff",
      "referrer-policy: no-referrer",
      "x-frame-options: DENY",
      "content-security-policy: default-src 'none'",
      "cross-origin-resource-policy: same-origin",
      "cache-control: no-store",
      "content-type: text/plain; charset=utf-8",
      "connection: close",
    ])
      expect(head.toLowerCase()).toContain(header.toLowerCase());
  }
});
