import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { rebuild, roll } from "@/analytics/roll";
import { db } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { deleteOwnAccount } from "@/flows/delete-account";
import { testDatabase } from "@/testing/database";
import { drawing } from "@/testing/drawing";
import { isLong } from "@/testing/long";
import { account, browser } from "@/testing/people";
import { signedIn } from "@/testing/sessions";
import { createContext } from "@/trpc/context";
import { createCaller } from "@/trpc/root";
import { breakdownColumns } from "./panels/breakdown";
import { dailyColumns } from "./panels/daily";
import { failedColumns } from "./panels/failed-attempts";
import { askingColumns, topColumns } from "./panels/rankings";
import { rangeOf } from "./range";
import { type Column, csvOf } from "./table";

/*
 * Many codes with known totals, because this test counts them in JavaScript while it makes them: around midnights of
 * UTC, with deletions of both kinds, late clicks, late rows, and open codes. Each panel (through its procedure), the SQL
 * it shows, and its file must all agree with that count.
 */
testDatabase();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 86_400_000;
const EXPIRES = 10 * MINUTE;
const NOW = Date.now();

/** So many codes are made. */
const CODES = isLong ? 100_000 : 20_000;
/** The part of them whose message is held back: within each range that is asked for, one at least. */
const HELD = isLong ? 0.03 : 0.2;

type Code = {
  user: string | null;
  at: number;
  verifiedAt: number | null;
  attempts: number;
  purpose: "sign-up" | "sign-in" | "password-reset";
  channel: "email" | "sms";
  email: string | null;
  phone: string | null;
  domain: string | null;
  country: string | null;
  sent: boolean;
  replaced: boolean;
  /** The rule that held its message back. */
  held: string | null;
  /** Its account was deleted while it was open. */
  ended?: boolean;
};

const draw = drawing(20_261_121);
const oneOf = <T>(values: readonly [T, ...T[]]): T => values[Math.floor(draw() * values.length)] ?? values[0];

/** When a code was asked for: half of them within a minute of a midnight of UTC, none at an edge of a sliding window. */
function moment(oldest: number): number {
  for (;;) {
    const back = draw() * oldest;
    const midnight = Math.floor((NOW - back) / DAY) * DAY;
    const at = Math.floor(draw() < 0.5 ? NOW - back : midnight + (draw() - 0.5) * 2 * MINUTE);
    const age = NOW - at;
    const isAtAnEdge = [HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY].some(
      (edge) => Math.abs(age - edge) < 10 * MINUTE,
    );
    if (age > 0 && age < oldest && !isAtAnEdge) return at;
  }
}

function code(people: readonly [string, ...string[]], oldest: number): Code {
  const at = moment(oldest);
  const channel = oneOf(["email", "email", "sms"] as const);
  const tries = Math.floor(draw() * 5);
  const isVerified = tries > 0 && draw() < 0.7;
  // A few ask often; one in ten has no account.
  const who = draw() < 0.1 ? null : Math.floor(draw() ** 3 * people.length);
  const domain = channel === "email" ? oneOf(["mail.example", "post.example", "school.example"] as const) : null;
  const sent = draw() >= HELD;
  return {
    user: who === null ? null : (people[who] ?? people[0]),
    email: domain && `code${who ?? "nobody"}@${domain}`,
    phone: domain ? null : `+1415555${String(who ?? 9999).padStart(4, "0")}`,
    at,
    verifiedAt: isVerified ? Math.min(NOW, at + Math.floor(draw() ** 3 * 400_000)) : null,
    attempts: tries,
    purpose: oneOf(["sign-up", "sign-in", "sign-in", "password-reset"] as const),
    channel,
    domain,
    country: channel === "sms" ? oneOf(["US", "IN"] as const) : null,
    sent,
    held: sent ? null : channel === "sms" ? "text messages of a day" : "mailbox an hour",
    replaced: !isVerified && draw() < 0.3,
  };
}

async function insert(codes: Code[]): Promise<void> {
  for (let at = 0; at < codes.length; at += 5000)
    await db().execute(sql`insert into otp_verifications (user_id, email, phone, purpose, channel, mail_domain, country,
        created_at, expires_at, verified_at, is_verified, attempts, sent_at, superseded_at, held)
      select "user", email, phone,
        purpose, channel, domain, country, to_timestamp(at / 1000.0), to_timestamp(at / 1000.0) + interval '10 minutes',
        to_timestamp("verifiedAt" / 1000.0), "verifiedAt" is not null, attempts,
        case when sent then to_timestamp(at / 1000.0) end, case when replaced then to_timestamp(at / 1000.0) end, held
      from jsonb_to_recordset(${JSON.stringify(codes.slice(at, at + 5000))}::jsonb) c("user" uuid, email text, phone text, at float8,
        "verifiedAt" float8, attempts int, purpose text, channel text, domain text, country text, sent bool, replaced bool, held text)`);
}

let truth: Code[] = [];
let api: ReturnType<typeof createCaller>;

beforeAll(async () => {
  const made = await db()
    .insert(users)
    .values(
      Array.from({ length: 300 }, (_, at) => ({
        id: randomUUID(),
        name: `Person, "${at}"`,
        email: `person${at}@mail.example`,
        emailVerified: true,
        isProfileComplete: true,
      })),
    )
    .returning({ id: users.id });
  const [first, ...others] = made.map(({ id }) => id);
  const people: [string, ...string[]] = [first ?? "", ...others];

  // Most of it lies settled; then time goes on: fresh codes, late ones, deletions, a click on an old link.
  truth = Array.from({ length: 0.8 * CODES }, () => code(people, 80 * DAY));
  await insert(truth);
  await rebuild(db());
  const later = [
    ...Array.from({ length: 0.15 * CODES }, () => code(people, 80 * DAY)),
    ...Array.from({ length: 0.05 * CODES }, () => code(people, 12 * MINUTE)),
  ];
  await insert(later);
  truth.push(...later);

  const [erased, left] = [people[3] ?? "", people[5] ?? ""];
  await db().execute(sql`delete from users where id = ${erased}`);
  truth = truth.filter(({ user }) => user !== erased);
  // Through the app its rows stay, as nobody's.
  await deleteOwnAccount(await signedIn({ accountType: "live", id: left }, { code: 0, password: 0 }));
  for (const row of truth) {
    if (row.user !== left) continue;
    row.user = null;
    row.domain = null;
    // What was open of them is ended, and has expired.
    const isOpen = row.verifiedAt === null && !row.replaced && row.at > Date.now() - EXPIRES;
    if (isOpen) [row.replaced, row.ended] = [true, true];
  }

  await db().execute(sql`update otp_verifications set is_verified = true, verified_at = created_at + interval '100 seconds',
    attempts = attempts + 1 where created_at < now() - interval '40 days' and not is_verified and attempts = 0`);
  for (const row of truth)
    if (row.at < NOW - 40 * DAY && row.verifiedAt === null && row.attempts === 0) {
      row.verifiedAt = row.at + 100_000;
      row.attempts = 1;
    }
  await roll(db());

  const admin = await account("live", { role: "ADMIN" });
  const caller = { ...browser(), ...(await signedIn({ accountType: "live", ...admin }, { code: 0, password: 0 })) };
  api = createCaller({ ...createContext(new Headers(), new Headers(), null), caller: async () => caller });
});

/** Runs the SQL that a panel shows, as it stands there. */
async function asShown(question: Parameters<typeof api.admin.sql>[0]) {
  const { sql: text } = await api.admin.sql(question);
  return [...(await db().execute<Record<string, unknown>>(sql.raw(text)))];
}

/** A file's lines, without its titles. The names have commas and quotes in them. */
const linesOf = <T>(columns: readonly Column<T>[], rows: readonly T[]) =>
  csvOf(columns, rows).trimEnd().split("\r\n").slice(1);
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

const four = (value: number) => Math.round(value * 1e4) / 1e4;
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const verified = (codes: Code[]) => codes.filter(({ verifiedAt }) => verifiedAt !== null).length;

test(`the ledger has all of about ${CODES} codes`, async () => {
  expect(truth.length).toBeGreaterThan(0.97 * CODES);
  const [row] = await db().execute(sql`select count(*)::int as rows from otp_verifications`);
  expect(row).toEqual({ rows: truth.length });
  expect(truth.filter(({ at }) => NOW - at < 10 * MINUTE).length).toBeGreaterThan(0.03 * CODES);
});

test.each([7, 30, 90])("the daily statistics of %i days", async (days) => {
  const today = new Date().toISOString().slice(0, 10);
  const expected = Array.from({ length: days }, (_, back) => {
    const midnight = Date.parse(today) - back * DAY;
    const codes = truth.filter(({ at }) => at >= midnight && at < midnight + DAY);
    return {
      date: new Date(midnight).toISOString().slice(0, 10),
      totalOtps: codes.length,
      verified: verified(codes),
      uniqueUsers: new Set(codes.flatMap(({ user }) => (user === null ? [] : [user]))).size,
      avgAttempts: codes.length === 0 ? 0 : four(sum(codes.map(({ attempts }) => attempts)) / codes.length),
    };
  });
  const shown = await api.admin.dailyStats({ days });
  expect(shown).toEqual(expected);
  const rows = await asShown({ panel: "dailyStats", days });
  expect(
    rows.map((row) => ({
      date: row.date,
      totalOtps: Number(row.total_otps),
      verified: Number(row.verified),
      uniqueUsers: Number(row.unique_users),
      avgAttempts: Number(row.avg_attempts),
    })),
  ).toEqual(expected);
  expect(linesOf(dailyColumns, shown)).toEqual(
    expected.map((day) => [day.date, day.totalOtps, day.verified, day.uniqueUsers, day.avgAttempts].join(",")),
  );
});

/** Who asked most within so many days, and how it went. */
function ranked(days: number) {
  const codes = new Map<string, Code[]>();
  for (const row of truth) {
    if (row.user === null || row.at < NOW - days * DAY) continue;
    codes.set(row.user, [...(codes.get(row.user) ?? []), row]);
  }
  return [...codes]
    .map(([user, asked]) => ({
      user,
      total: asked.length,
      successful: verified(asked),
      avgAttempts: four(sum(asked.map(({ attempts }) => attempts)) / asked.length),
    }))
    .sort((a, b) => b.total - a.total || a.user.localeCompare(b.user));
}

test.each([7, 30, 90] as const)("the top users of %i days", async (days) => {
  const expected = ranked(days).slice(0, 50);
  const shown = await api.admin.topUsers({ days, limit: 50 });
  expect(
    shown.map(({ userId, totalRequests, successful, avgAttempts }) => ({
      user: userId,
      total: totalRequests,
      successful,
      avgAttempts,
    })),
  ).toEqual(expected);
  const rows = await asShown({ panel: "topUsers", days, limit: 50 });
  expect(
    rows.map((row) => [row.id, Number(row.total_requests), Number(row.successful), Number(row.avg_attempts)]),
  ).toEqual(expected.map(({ user, total, successful, avgAttempts }) => [user, total, successful, avgAttempts]));
  expect(linesOf(topColumns(days, NOW), shown)).toEqual(
    shown.map((row) =>
      [quoted(row.name ?? ""), row.email, "", row.totalRequests, row.successful, row.avgAttempts].join(","),
    ),
  );
});

test.each([1, 12, 24, 168, 720] as const)("the requests of %i hours", async (hours) => {
  const expected = ranked(hours / 24)
    .slice(0, 20)
    .map(({ user, total }) => [user, total]);
  const shown = await api.admin.requestCounts({ hours });
  expect(shown.map(({ userId, otpCount }) => [userId, otpCount])).toEqual(expected);
  const rows = await asShown({ panel: "requestCounts", hours, limit: 20 });
  expect(rows.map((row) => [row.id, Number(row.otp_count)])).toEqual(expected);
  expect(linesOf(askingColumns(hours, NOW), shown)).toEqual(
    shown.map(({ name, otpCount }) => [quoted(name ?? ""), "", otpCount].join(",")),
  );
});

test.each([3, 4])("the failed attempts, %i or more, page by page", async (minAttempts) => {
  const expected = truth.filter(({ verifiedAt, attempts }) => verifiedAt === null && attempts >= minAttempts);
  const seen: { sNo: number; createdAt: string; attempts: number }[] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await api.admin.failedAttempts({ minAttempts, cursor });
    seen.push(...items);
    cursor = nextCursor ?? undefined;
  } while (cursor);
  expect(seen.length).toBe(expected.length);
  expect(new Set(seen.map(({ sNo }) => sNo)).size).toBe(expected.length);
  expect(sum(seen.map(({ attempts }) => attempts))).toBe(sum(expected.map(({ attempts }) => attempts)));
  const first = await api.admin.failedAttempts({ minAttempts });
  const rows = await asShown({ panel: "failedAttempts", minAttempts });
  expect(rows.map((row) => Number(row.s_no))).toEqual(first.items.map(({ sNo }) => sNo));
  expect(linesOf(failedColumns, first.items)).toHaveLength(50);
});

describe("the funnel", () => {
  const { from, to } = rangeOf({ range: "7d" }, NOW);
  const midnight = Math.floor(NOW / DAY) * DAY;
  const iso = (time: number) => new Date(time).toISOString();
  const ranges = {
    "as the dashboard asks": { from, to },
    "of 24 hours": rangeOf({ range: "24h" }, NOW),
    "of whole days": { from: iso(midnight - 20 * DAY), to: iso(midnight - 5 * DAY) },
    "from the middle of an hour to the middle of another": {
      from: iso(midnight - 9 * DAY + 1_234_567),
      to: iso(midnight - 2 * DAY + 7_654_321),
    },
    "within an hour": { from: iso(midnight - DAY), to: iso(midnight - DAY + 40 * MINUTE) },
    "of what has not settled": { from: iso(NOW - 9 * MINUTE), to: iso(NOW + MINUTE) },
  };
  const within = (range: { from: string; to: string }) =>
    truth.filter(({ at }) => at >= Date.parse(range.from) && at < Date.parse(range.to));

  /** What a funnel says of codes; times by the upper edges of their buckets. */
  function funnelOf(codes: Code[]) {
    const [asked, ok] = [codes.length, verified(codes)];
    const guesses = sum(codes.map(({ attempts }) => attempts));
    return {
      asked,
      sent: codes.filter(({ sent }) => sent).length,
      verified: ok,
      conversion: asked === 0 ? null : ok / asked,
      wrongCodeRate: guesses === 0 ? null : (guesses - ok) / guesses,
      resendRate: asked === 0 ? null : codes.filter(({ replaced }) => replaced).length / asked,
    };
  }

  test.each(Object.entries(ranges))("%s", async (_name, { from: begin, to: end }) => {
    const codes = within({ from: begin, to: end });
    const shown = await api.admin.funnel({ from: begin, to: end });
    expect(shown).toMatchObject(funnelOf(codes));
    const [row] = await asShown({ panel: "funnel", from: begin, to: end });
    expect(row).toMatchObject({
      p50_seconds: shown.timeToVerify.p50Seconds,
      p95_seconds: shown.timeToVerify.p95Seconds,
    });
    expect([Number(row?.asked), Number(row?.sent), Number(row?.verified)]).toEqual([
      shown.asked,
      shown.sent,
      shown.verified,
    ]);
    const times = codes
      .flatMap(({ at, verifiedAt }) => (verifiedAt === null ? [] : [(verifiedAt - at) / 1000]))
      .sort((a, b) => a - b);
    const median = times[Math.ceil(times.length / 2) - 1];
    const { p50Seconds, histogram } = shown.timeToVerify;
    const below = Math.max(
      0,
      ...histogram.map(({ upToSeconds }) => upToSeconds ?? 0).filter((edge) => edge < (p50Seconds ?? 0)),
    );
    if (median !== undefined && p50Seconds !== null) {
      expect(median).toBeGreaterThanOrEqual(below);
      expect(median).toBeLessThanOrEqual(p50Seconds);
    }
    expect(sum(histogram.map(({ count }) => count))).toBe(verified(codes));
    const before = { from: iso(2 * Date.parse(begin) - Date.parse(end)), to: begin };
    expect(shown.previous).toMatchObject(funnelOf(within(before)));
  });

  test.each(Object.entries(ranges))(
    "what was held back, and by which rule, %s",
    async (_name, { from: begin, to: end }) => {
      const codes = within({ from: begin, to: end });
      const by = (rule: string) => ({ rule, count: codes.filter(({ held }) => held === rule).length, more: false });
      expect(await api.admin.heldBack({ from: begin, to: end })).toEqual(
        ["mailbox an hour", "mailbox a day", "text messages of a day"].map(by),
      );
    },
  );

  /** The rows that a link leads to, all pages of them. */
  async function rowsBehind(filter: Parameters<typeof api.admin.codes.list>[0]): Promise<number> {
    let rows = 0;
    let cursor: string | undefined;
    do {
      const page = await api.admin.codes.list({ ...filter, cursor });
      rows += page.items.length;
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return rows;
  }

  test("each number links to as many rows as it says", async () => {
    const range = ranges["within an hour"];
    const codes = within(range);
    const { asked, sent, verified: ok, resendRate } = await api.admin.funnel(range);
    expect(await rowsBehind({ ...range, sent: true })).toBe(sent);
    expect(await rowsBehind({ ...range, verified: true })).toBe(ok);
    expect(await rowsBehind({ ...range, replaced: true })).toBe(Math.round(asked * (resendRate ?? 0)));
    const wrong = codes.filter(({ attempts, verifiedAt }) => attempts > (verifiedAt === null ? 0 : 1)).length;
    expect(await rowsBehind({ ...range, wrong: true })).toBe(wrong);
    const held = codes.filter((row) => row.held === "mailbox an hour").length;
    expect(await rowsBehind({ ...range, held: "mailbox an hour" })).toBe(held);
    expect([sent, ok, wrong].every((number) => number > 0 && number < asked)).toBe(true);
  });

  test.each([
    ["purpose", (row: Code) => row.purpose],
    ["channel", (row: Code) => row.channel],
    ["accountType", () => "live"],
    ["country", (row: Code) => row.country ?? ""],
    ["mailDomain", (row: Code) => row.domain],
  ] as const)("in parts, by %s", async (by, partOf) => {
    for (const range of Object.values(ranges)) {
      const { from: begin, to: end } = range;
      const [first, last] = [Date.parse(begin), Date.parse(end)].map((time) => time / DAY);
      const days = { from: iso(Math.floor(first ?? 0) * DAY), to: iso(Math.ceil(last ?? 0) * DAY) };
      const parts = new Map<string, Code[]>();
      for (const row of within(by === "mailDomain" ? days : range)) {
        const part = partOf(row);
        if (part !== null) parts.set(part, [...(parts.get(part) ?? []), row]);
      }
      const expected = [...parts]
        .map(([group, codes]) => ({ group, ...funnelOf(codes) }))
        .sort((a, b) => b.asked - a.asked || a.group.localeCompare(b.group));
      const shown = await api.admin.breakdown({ from: begin, to: end, by });
      expect(shown).toHaveLength(expected.length);
      expect(shown).toMatchObject(expected);
      const rows = await asShown({ panel: "breakdown", from: begin, to: end, by });
      expect(rows.map((row) => [Number(row.asked), Number(row.sent), Number(row.verified)])).toEqual(
        expected.map(({ asked, sent, verified: ok }) => [asked, sent, ok]),
      );
      const columns = breakdownColumns(by, rangeOf({ range: "7d" }, NOW), {});
      expect(linesOf(columns, shown).map((line) => line.split(",").slice(0, 2))).toEqual(
        expected.map(({ group, asked }) => [group, String(asked)]),
      );
    }
  });
});

test("the tiles count accounts and codes", async () => {
  // Tiles come from a snapshot that is a minute old at most. Without one they are counted now, with the admin who looks.
  await db().execute(sql`delete from otp_snapshots`);
  const { asOf, ...shown } = await api.admin.overview();
  const [row = {}] = await asShown({ panel: "overview" });
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const counted = Object.fromEntries(Object.entries(row).map(([name, value]) => [camel(name), Number(value)]));
  // Codes have expired between the two.
  expect(counted).toEqual({ ...shown, pendingOtps: expect.any(Number) });
  const open = truth.filter(
    ({ verifiedAt, at, ended }) => verifiedAt === null && !ended && at + EXPIRES > Date.parse(asOf),
  ).length;
  expect(shown.pendingOtps).toBe(open);
  expect(shown.verifiedSignupOtps).toBe(verified(truth.filter(({ purpose }) => purpose === "sign-up")));
});
