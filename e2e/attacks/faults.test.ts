import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, describe, expect, test } from "vitest";
import { freshEmail, otherCode, queuedCode } from "@/testing/people";
import { ownPostgres, scratch } from "./own-postgres";
import { type Called, isReady, stage, type Visitor } from "./stage";

/** A disk of the database's own, small enough to be filled; null where nobody may mount one. */
function smallDisk(): string | null {
  const directory = scratch();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=220m,mode=0711", "tmpfs", directory], { stdio: "ignore" });
    return directory;
  } catch {
    return null;
  }
}

const disk = smallDisk();
if (disk)
  afterAll(async () => {
    execFileSync("umount", ["-l", disk]);
    await rm(disk, { recursive: true });
  });
const database = await ownPostgres(disk ? { dataDir: scratch(disk) } : {});
const { apps, visitor } = stage({
  database,
  env: { IP_HOURLY_REQUESTS: "1000000", IP_HOURLY_GUESSES: "1000000" },
});
const sql = postgres(database.url, { max: 2, onnotice: () => {}, onclose: () => {} });
afterAll(() => sql.end());

const VISITORS = 20;
const PASSWORD = "blue otter lamp chair";
const appsReady = async (seconds: number) => {
  for (const app of apps) await isReady(app, seconds);
};
const secretOf = ({ jar }: Visitor) => jar.get("latchkey_session");
const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");
const countOf = async (rows: PromiseLike<readonly { count: number }[]>) => (await rows)[0]?.count ?? 0;
const sessionsOf = (email: string) =>
  countOf(sql<{ count: number }[]>`
    select count(*)::int as count from sessions where user_id in (select id from users where email = ${email})`);

/** What a fault may tell: that there is one. */
function expectPlain({ status, body }: { status: number; body: string }): void {
  expect(status).toBe(503);
  expect(JSON.parse(body)).toMatchObject({ error: { message: "INTERNAL", data: { reason: "INTERNAL" } } });
  expect(body).not.toMatch(/postgres|select |insert |ECONN|node_modules|\bat .*\.js/i);
}

/** What each answer of success has promised, to be looked for afterwards. */
type Kept = { asked: string[]; sessions: string[] };

/** Asks, guesses wrong, verifies and tries a password, over and over, as twenty people would. */
async function insist(who: Visitor, kept: Kept, told: (answer: Called, sent: number) => void, until: () => boolean) {
  const call = async (procedure: string, input: Record<string, string>) => {
    const sent = performance.now();
    const answer = await who.call(procedure, input);
    told(answer, sent);
    return answer;
  };
  while (!until()) {
    const identifier = freshEmail();
    if ((await call("signUp.requestCode", { identifier })).status !== 200) continue;
    kept.asked.push(identifier);
    // The mailbox is away with the database.
    const code = await queuedCode(identifier).catch(() => null);
    if (code === null) continue;
    await call("signUp.verifyCode", { identifier, code: otherCode(code) });
    const before = secretOf(who);
    const { status } = await call("signUp.verifyCode", { identifier, code });
    const secret = secretOf(who);
    if (status === 200 && secret) kept.sessions.push(secret);
    else expect(secret).toBe(before);
    who.jar.delete("latchkey_session");
  }
}

describe("PostgreSQL stopped and started under load (DEL-04)", () => {
  test("opens no door, loses nothing, says so in plain words, and is back within ten seconds", async () => {
    const kept: Kept = { asked: [], sessions: [] };
    const whileDown: Called[] = [];
    const statuses = new Set<number>();
    let [down, up] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let isOver = false;
    const told = (answer: Called, sent: number) => {
      statuses.add(answer.status);
      if (sent > down && performance.now() < up) whileDown.push(answer);
    };
    const people = Array.from({ length: VISITORS }, () => visitor());
    const load = people.map((who) => insist(who, kept, told, () => isOver));
    await expect.poll(() => kept.sessions.length, { timeout: 30_000 }).toBeGreaterThan(VISITORS);

    await database.stop();
    down = performance.now();
    const known = visitor();
    known.jar.set("latchkey_session", kept.sessions[0] ?? "");
    for (const path of ["/", "/signup", "/signin", "/account", "/admin"]) {
      const page = await known.go(path);
      expect([path, page.status]).toEqual([path, 503]);
      expect(page.headers["retry-after"]).toBeDefined();
      expect(page.body).toContain("<h1>Something went wrong</h1>");
      expect(page.body).not.toMatch(/postgres|ECONN|node_modules|__next_error__/i);
    }
    expectPlain(await known.ask("account.me"));
    expectPlain(await known.call("signIn.password", { identifier: freshEmail(), password: PASSWORD }));
    expectPlain(await known.call("signUp.verifyCode", { identifier: kept.asked[0] ?? "", code: "123456" }));
    await expect.poll(() => whileDown.length, { timeout: 10_000 }).toBeGreaterThan(VISITORS);

    up = performance.now();
    await database.start();
    await appsReady(10);
    const before = kept.sessions.length;
    await expect.poll(() => kept.sessions.length, { timeout: 10_000 }).toBeGreaterThan(before + VISITORS);
    isOver = true;
    await Promise.all(load);

    for (const answer of whileDown) expectPlain(answer);
    expect(statuses).toEqual(new Set([200, 400, 503]));
    const lines = await sql<{ email: string }[]>`select email from otp_verifications`;
    const ledger = new Set(lines.map(({ email }) => email));
    expect(kept.asked.filter((email) => !ledger.has(email))).toEqual([]);
    const rows = await sql<{ secret_hash: string }[]>`select secret_hash from sessions`;
    const sessions = new Set(rows.map((row) => row.secret_hash));
    expect(kept.sessions.filter((secret) => !sessions.has(hashOf(secret)))).toEqual([]);
    // Nor is there a session that no right code has earned.
    const earned = await countOf(sql<{ count: number }[]>`
      select count(*)::int as count from otp_verifications where is_verified`);
    expect(rows.length).toBeLessThanOrEqual(earned);
  });
});

/** Leaves the database no room, really or by PostgreSQL's own words for it; returns how to make room again. */
async function fill(): Promise<() => Promise<void>> {
  if (disk) {
    // What the next statements write to the log has its room already; the tables have none.
    await sql`vacuum full`;
    await sql`select pg_switch_wal()`;
    await sql`create table room (filler text)`;
    const file = join(disk, "filler");
    const stream = createWriteStream(file);
    const full = once(stream, "error");
    for (const block = Buffer.alloc(1 << 20); !stream.errored; )
      if (!stream.write(block)) await Promise.race([once(stream, "drain"), full]).catch(() => {});
    return () => rm(file);
  }
  await sql.unsafe(`create function full_disk() returns trigger language plpgsql as $$
    begin raise disk_full using message = 'could not extend file'; end $$`);
  for (const table of ["otp_verifications", "sessions"])
    await sql.unsafe(`create trigger full_disk before insert on ${table} execute function full_disk()`);
  return async () => void (await sql`drop function full_disk cascade`);
}

test("with the database's disk full, asks and checks are refused, nobody is signed in, and with room again all works (DEL-04)", async () => {
  const waiting = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const [who, identifier] = [visitor(), freshEmail()];
      expect((await who.call("signUp.requestCode", { identifier })).status).toBe(200);
      return { who, identifier, code: (await queuedCode(identifier)) ?? "" };
    }),
  );
  const makeRoom = await fill();
  const refused = [];
  try {
    const asks = [];
    for (let at = 0; at < 60; at += 1)
      asks.push(await visitor().call("signUp.requestCode", { identifier: freshEmail() }));
    // The last page of a table may hold a few more rows.
    const turnedAway = asks.filter(({ status }) => status !== 200);
    expect(turnedAway.length).toBeGreaterThan(10);
    for (const answer of turnedAway) expectPlain(answer);
    for (const { who, identifier, code } of waiting) {
      const answer = await who.call("signUp.verifyCode", { identifier, code });
      if (answer.status === 200) continue;
      expectPlain(answer);
      expect(secretOf(who)).toBeUndefined();
      expect(await sessionsOf(identifier)).toBe(0);
      refused.push({ who, identifier, code });
    }
    expect(refused.length).toBeGreaterThan(10);
  } finally {
    await makeRoom();
  }
  await appsReady(10);
  for (const { who, identifier, code } of refused) {
    expect((await who.call("signUp.verifyCode", { identifier, code })).status).toBe(200);
    expect(await sessionsOf(identifier)).toBe(1);
  }
});
