import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { db } from "@/db/client";
import { account, freshEmail } from "@/testing/people";
import { session } from "@/testing/sessions";
import { type Called, type From, stage } from "./stage";

/*
 * Who somebody is to the limiters and the logs, where what they claim of themselves is hostile: three processes, with
 * no, one and two declared proxies in front. The socket's address then is the last proxy's.
 */
const { apps, visitor } = stage({ processes: 3, env: (at) => ({ TRUSTED_PROXY_HOPS: String(at), LOG_LEVEL: "warn" }) });

const ask = (from: From, identifier = freshEmail()) => visitor(from).call("signIn.requestCode", { identifier });
const passed = (answers: Called[]) => answers.filter(({ status }) => status === 200).length;

/** One visitor, who claims to be another one each time. */
const forged = (at: number, trusted: string) => {
  const claimed = `6.6.${at}.1`;
  return {
    "x-forwarded-for": [`${claimed}, 7.7.7.${at}`, trusted ? `::1, 8.8.${at}.8, ${trusted}` : `9.9.9.${at}`],
    forwarded: [`for=${claimed}`, `for="[2001:db8::${at}]:80";by=${claimed}`],
    "x-real-ip": claimed,
    "cf-connecting-ip": claimed,
    "true-client-ip": claimed,
    "x-client-ip": claimed,
    "x-forwarded-host": claimed,
  };
};

describe.each([
  [0, "127.3.0.1", ""],
  [1, "203.0.113.1", "203.0.113.1"],
  [2, "203.0.113.2", "203.0.113.2, 198.51.100.7"],
])("with %i declared hops (THR-05)", (hops, address, trusted) => {
  const from = (at: number, of = trusted): From => ({ app: hops, ip: `127.3.0.${hops + 1}`, headers: forged(at, of) });

  test("the hop that counts is the one, whatever stands left of it, and whatever else is claimed", async () => {
    const asked = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(from(at))));
    expect(passed(asked)).toBe(30);
    const refused = asked.filter(({ status }) => status !== 200);
    expect(
      refused.every(({ reason, headers }) => reason === "RATE_LIMITED" && Number(headers["retry-after"]) > 0),
    ).toBe(true);
    const other = trusted ? from(0, trusted.replace("203.0.113", "203.0.114")) : { ...from(0), ip: "127.3.1.1" };
    expect(await ask(other)).toMatchObject({ status: 200 });
  });

  test("the ledger and the audit log hold it (LOG-03)", async () => {
    const held = (rows: Iterable<Record<string, unknown>>) => [...rows].map(({ at }) => at);
    const email = freshEmail();
    expect(
      held(await db().execute(sql`select count(*)::int as at from otp_verifications where ip_address = ${address}`)),
    ).toEqual([30]);
    const seen = visitor(from(7));
    expect(await seen.call("signIn.password", { identifier: email, password: "wrong wrong wrong" })).toMatchObject({
      status: 401,
    });
    expect(await seen.call("signIn.requestCode", { identifier: email })).toMatchObject({ status: 429 });
    expect(held(await db().execute(sql`select ip_address as at from audit_log order by s_no desc limit 22`))).toEqual(
      Array(22).fill(address),
    );
    const claimed = sql`ip_address ~ '^(6|7|8|9)[.]' or ip_address like '2001:db8%'`;
    for (const table of ["otp_verifications", "audit_log", "sessions"])
      expect(
        held(await db().execute(sql`select ip_address as at from ${sql.identifier(table)} where ${claimed}`)),
      ).toEqual([]);
  });

  test("an admin is shown it, and by which hop", async () => {
    const admin = await account("live", { role: "ADMIN" });
    const secret = await session({ accountType: "live", id: admin.id }, { password: 0, code: 0 });
    const seen = visitor(from(1));
    seen.jar.set("latchkey_session", secret);
    expect(await seen.ask("admin.operations")).toMatchObject({
      data: { you: { ipAddress: address, hops, isForwarded: hops === 0 } },
    });
    const page = await seen.go("/admin");
    const shown = hops === 0 ? "from the connection itself" : `by proxy hop ${hops} from the right`;
    expect(page.body).toContain(`We see you as ${address}, ${shown}.`);
  });
});

describe("behind a declared proxy (THR-07)", () => {
  const as = (address: string): From => ({ app: 1, ip: "127.3.2.1", headers: { "x-forwarded-for": address } });

  test("a thousand addresses of one /64 are one client, its neighbours are not", async () => {
    const asked: Called[] = [];
    for (let at = 0; at < 1000; at += 100)
      asked.push(
        ...(await Promise.all(
          Array.from({ length: 100 }, (_, i) => ask(as(`2001:db8:64:1:${at.toString(16)}::${i.toString(16)}`))),
        )),
      );
    expect(passed(asked)).toBe(30);
    expect(await ask(as("2001:DB8:64:1:ffff:ffff:ffff:ffff"))).toMatchObject({ status: 429 });
    for (const neighbour of ["2001:db8:64::1", "2001:db8:64:2::1", "2001:db8:65:1::1"])
      expect([neighbour, (await ask(as(neighbour))).status]).toEqual([neighbour, 200]);
  });

  test("IPv4 mapped into IPv6 is its IPv4, in any spelling", async () => {
    const spellings = [
      "203.0.113.64",
      "::ffff:203.0.113.64",
      "::FFFF:cb00:7140",
      "0:0:0:0:0:ffff:203.0.113.64",
      "[::ffff:cb00:7140]:4711",
      "203.0.113.64:80",
    ];
    const asked = await Promise.all(
      Array.from({ length: 60 }, (_, at) => ask(as(spellings[at % spellings.length] ?? ""))),
    );
    expect(passed(asked)).toBe(30);
    expect(await ask(as("::ffff:203.0.113.65"))).toMatchObject({ status: 200 });
  });
});

describe("where fewer addresses come than proxies are declared (THR-05)", () => {
  const alone = (ip: string, at: number): From => ({ app: 2, ip, headers: { "x-forwarded-for": `6.6.6.${at}` } });

  test("what a client wrote is not counted: its socket is, for limits, ledger and audit log alike", async () => {
    const ip = "127.3.4.1";
    const asked = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(alone(ip, at))));
    expect(passed(asked)).toBe(30);
    const count = (table: string, address: string) =>
      db().execute<{ count: number }>(
        sql`select count(*)::int as count from ${sql.identifier(table)} where ip_address like ${address}`,
      );
    expect(await count("otp_verifications", ip)).toEqual([{ count: 30 }]);
    expect(await count("audit_log", ip)).toEqual([{ count: 20 }]);
    for (const table of ["otp_verifications", "audit_log"])
      expect(await count(table, "6.6.6.%")).toEqual([{ count: 0 }]);
  });

  test("the log says so once, and an admin is told; health checks, which come past the proxies, are no sign of it", async () => {
    const warned = (at: number) =>
      (apps[at]?.said() ?? "").split("\n").filter((line) => line.includes("fewer forwarded addresses"));
    expect(warned(2)).toHaveLength(1);
    expect(warned(2)[0]).toContain('"level":"warn"');
    expect([warned(0), warned(1)]).toEqual([[], []]);
    const admin = await account("live", { role: "ADMIN" });
    const seen = visitor({ app: 2, headers: { "x-forwarded-for": "6.6.6.6, 203.0.113.9, 198.51.100.7" } });
    seen.jar.set("latchkey_session", await session({ accountType: "live", id: admin.id }, { password: 0, code: 0 }));
    expect(await seen.ask("admin.operations")).toMatchObject({ data: { you: { hops: 2, isFewer: true } } });
    expect((await seen.go("/admin")).body).toContain("Fewer forwarded addresses came in than the 2 declared");
  });
});
