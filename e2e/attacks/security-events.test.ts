import { describe, expect, test, vi } from "vitest";
import { sessionOf } from "@/flows/session";
import { callers } from "@/testing/matrix";
import { account } from "@/testing/people";
import type { Sent } from "@/testing/send";
import { asOurPage, stage } from "./stage";

const { apps, visitor } = stage({ env: { LOG_LEVEL: "info", IP_HOURLY_GUESSES: "3" } });

type Line = { level: string; msg: string; event?: string; requestId?: string; reasons?: string[]; account?: string };

/** What the app has said of a request, once its own line is there. */
const linesOf = (requestId: unknown) =>
  vi.waitFor(() => {
    const lines = (apps[0]?.said() ?? "")
      .split("\n")
      .filter((text) => text.startsWith("{"))
      .map((text): Line => JSON.parse(text))
      .filter((line) => line.requestId === requestId);
    expect(lines.filter(({ msg }) => msg === "request")).toHaveLength(1);
    return lines;
  });

let host = 0;
/** Sends something with somebody's cookie, and reads what is said of it. */
async function refused(path: string, sent: Sent = {}, secret: string | null = null) {
  const ip = `127.9.0.${++host}`;
  const cookie: Record<string, string> = secret === null ? {} : { cookie: `latchkey_session=${secret}` };
  const { status, headers } = await visitor({ ip, headers: cookie }).go(path, sent);
  return { ip, status, lines: await linesOf(headers["x-request-id"]) };
}
const post = (headers: Record<string, string>, body = "{}"): Sent => ({ method: "POST", headers, body });

describe("a refusal is an event in the log, one line with who, whence and why (LOG-04)", () => {
  test.each<[string, string, Sent]>([
    ["a mutation of another origin", "signIn.signOut", post({ ...asOurPage(), origin: "https://evil.example" })],
    ["a mutation of another site", "signIn.signOut", post({ ...asOurPage(), "sec-fetch-site": "cross-site" })],
    ["a query of another site", "account.me", { headers: { "sec-fetch-site": "cross-site" } }],
  ])("%s", async (_what, procedure, sent) => {
    const path = `/api/trpc/${procedure}`;
    const { ip, status, lines } = await refused(path, sent, await callers.fresh());
    expect(status).toBe(403);
    expect(lines).toMatchObject([
      { level: "warn", event: "request.refused", path, status: 403, ip, reasons: ["CROSS_SITE"] },
    ]);
  });

  test.each([
    ["nobody", "UNAUTHORIZED"],
    ["signed out", "UNAUTHORIZED"],
    ["fresh", "FORBIDDEN"],
    ["admin just demoted", "FORBIDDEN"],
    ["admin without a password proof", "STEP_UP_REQUIRED"],
  ] as const)("a call of an admin’s by %s, alone and in a batch (ADM-03)", async (who, reason) => {
    const secret = await callers[who]();
    const id = secret && (await sessionOf(secret))?.accountId;
    for (const path of ["/api/trpc/admin.overview", "/api/trpc/account.me,admin.overview"]) {
      const { ip, lines } = await refused(path.includes(",") ? `${path}?batch=1` : path, {}, secret);
      const line = { level: "warn", event: "request.refused", path, ip, reasons: [reason] };
      expect(lines).toMatchObject([id ? { ...line, account: id } : line]);
    }
  });

  test.each(["fresh", "admin just demoted"] as const)("a page of an admin’s asked for by %s", async (who) => {
    const secret = await callers[who]();
    const { ip, status, lines } = await refused("/admin/users?query=canary@example.com", {}, secret);
    expect(status).toBe(404);
    const account = (await sessionOf(secret))?.accountId;
    const path = "/admin/users";
    expect(lines.filter(({ event }) => event)).toMatchObject([
      { level: "warn", event: "request.refused", path, ip, reasons: ["FORBIDDEN"], account },
    ]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });

  test.each<[number, string, Sent]>([
    [400, "/api/trpc/account.me?input=%7B%22a%22%3A1%7D", {}],
    [400, "/x/..", {}],
    [405, "/signin", post({})],
    [411, "/api/trpc/signIn.signOut", { method: "POST", headers: { "transfer-encoding": "chunked" } }],
    [413, "/api/trpc/signIn.signOut", post({}, "a".repeat(20_000))],
    [415, "/api/trpc/signIn.signOut", post({})],
    [421, "/signin", { headers: { host: "evil.example" } }],
  ])("what is answered with %i: %s", async (expected, path, sent) => {
    const { ip, status, lines } = await refused(path, sent);
    expect(status).toBe(expected);
    const level = expected === 421 ? "warn" : "info";
    expect(lines).toMatchObject([{ level, event: "request.refused", path: path.split("?")[0], status, ip }]);
  });

  test("a limit, and a wrong password", async () => {
    const { email: identifier } = await account("live");
    const from = visitor({ ip: "127.9.1.1" });
    const reasons: string[] = [];
    for (let at = 0; at < 4; at += 1) {
      const { headers } = await from.call("signIn.password", { identifier, password: "canary canary canary" });
      const [line] = (await linesOf(headers["x-request-id"])).filter(({ msg }) => msg === "request");
      expect(line?.event).toBe("request.refused");
      reasons.push(...(line?.reasons ?? []));
    }
    expect(reasons).toEqual([...Array(3).fill("INVALID_CREDENTIALS"), "RATE_LIMITED"]);
    expect(apps[0]?.said()).not.toContain("canary canary");
  });

  test("what is well is none, whatever it is called", async () => {
    const forged = encodeURIComponent('"}\r\n{"event":"request.refused","level":"warn"}');
    for (const path of ["/signin", `/signin?${forged}`, `/${forged}`]) {
      const { lines } = await refused(path, { headers: { "user-agent": '"}{"event":"request.refused"' } });
      expect(lines).toHaveLength(1);
      expect(lines[0]?.event).toBeUndefined();
    }
    expect(apps[0]?.said()).not.toMatch(/^\{"event"/m);
  });
});
