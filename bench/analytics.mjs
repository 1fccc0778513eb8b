import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { root } from "../scripts/ensure.mjs";
import { bareEnvironment } from "../scripts/processes.mjs";
import { measureWindow, warmUp } from "./flow.mjs";
import { panelsOf } from "./panels.mjs";
import { median } from "./statistics.mjs";
import { openWorld } from "./world.mjs";

const ROLLER = fileURLToPath(new URL("./roller.mjs", import.meta.url));

/** The sizes of the ledgers that are compared, in rows. The write path is compared with the smallest. */
const SIZES = { tiny: 10_000, small: 1_000_000, large: 10_000_000 };
const CALLS = 21;
const WARM_CALLS = 5;
const WRITE_ROUNDS = 7;
const BURST_A_SECOND = 100;
const BURST_SECONDS = 120;
const FIXED_MS = 20;
const CHOSEN_MS = 100;

/** @typedef {import("./world.mjs").World & { roller: import("./child.mjs").Child, cookie: string, site: { port: number, agent: Agent } }} Seeded */

/**
 * Measures the dashboard's questions on ten million codes and on one million, asking and verifying on ten million and
 * on ten thousand, and the roll-up. With BENCH_DATA=DIR the seeded databases are kept there and used again, because
 * seeding takes five minutes.
 * @type {import("./bench.mjs").Benchmark}
 */
export async function run(holding, { node }) {
  const kept = process.env.BENCH_DATA && resolve(process.env.BENCH_DATA);
  /** @param {number} rows */
  const open = (rows) => openSeeded(holding, { node, rows, kept });
  const small = await open(SIZES.small);
  const large = await open(SIZES.large);
  const panels = await measurePanels(small, large);
  const rebuilt = await measureRebuild(large);
  const burst = await measureBurst(large);
  const tiny = await open(SIZES.tiny);
  const writes = await measureWrites(tiny, large);
  return report(panels, rebuilt, burst, writes);
}

/**
 * Opens a world with a ledger of this many rows over 90 days, and signs an admin in.
 * @param {import("./holding.mjs").Holding} holding
 * @param {{ node: string[], rows: number, kept: string | undefined }} options
 * @returns {Promise<Seeded>}
 */
async function openSeeded(holding, { node, rows, kept }) {
  const dataDir = kept && join(kept, String(rows));
  if (dataDir) await mkdir(dataDir, { recursive: true });
  console.log(`analytics: preparing ${rows.toLocaleString("en")} codes …`);
  const world = await openWorld(holding, { node, dataDir, prepare: (url) => seedOnce(url, rows) });
  const roller = await world.start(ROLLER, "roller");
  await roller.call("roll");
  const site = { port: world.port, agent: new Agent({ keepAlive: true, maxSockets: 4 }) };
  return { ...world, roller, site, cookie: await signInAdmin(world.url) };
}

/** @param {string} url @param {number} rows */
async function seedOnce(url, rows) {
  const sql = postgres(url, { max: 1 });
  const [row] = await sql`select exists (select from otp_verifications) as seeded`;
  await sql.end();
  if (row?.seeded) return;
  const env = { ...bareEnvironment, DATABASE_URL: url, APP_SECRET: randomBytes(32).toString("base64url") };
  const args = ["scripts/seed.mjs", "--requests", String(rows), "--days", "90"];
  const seeding = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  const [status] = await once(seeding, "exit");
  if (status !== 0) throw new Error(`seeding ended with ${status}`);
}

/**
 * Puts an admin's session with both proofs straight into the tables.
 * @param {string} url
 * @returns {Promise<string>} the session's cookie
 */
async function signInAdmin(url) {
  const secret = randomBytes(32).toString("base64url");
  const sql = postgres(url, { max: 1 });
  const [admin] = await sql`insert into users (email, name, email_verified, is_profile_complete, role)
    values (${`bench-${Date.now()}@example.com`}, 'Bench', true, true, 'ADMIN') returning id`;
  await sql`insert into sessions (secret_hash, user_id, password_proved_at, code_proved_at)
    values (${createHash("sha256").update(secret).digest("hex")}, ${admin?.id}, now(), now())`;
  await sql.end();
  return `latchkey_session=${secret}`;
}

/**
 * Calls a procedure as a page does.
 * @param {Seeded} world
 * @param {import("./panels.mjs").Panel} panel
 */
async function ask({ site, cookie }, { procedure, input }) {
  const query = input ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  const headers = {
    host: `localhost:${site.port}`,
    cookie,
    "sec-fetch-site": "same-origin",
    "x-forwarded-for": "192.0.2.1",
  };
  const options = {
    host: "127.0.0.1",
    port: site.port,
    agent: site.agent,
    path: `/api/trpc/${procedure}${query}`,
    headers,
  };
  const start = performance.now();
  const { status, body } = await new Promise((done, failed) => {
    request(options, (res) => {
      text(res).then((answer) => done({ status: res.statusCode, body: answer }), failed);
    })
      .on("error", failed)
      .end();
  });
  const ms = performance.now() - start;
  if (status !== 200) throw new Error(`${procedure} answered ${status}: ${body.slice(0, 300)}`);
  return { ms, data: JSON.parse(body).result.data };
}

/** @typedef {{ name: string, fixed: boolean, small: number, large: number }} Timed */

/**
 * Measures the medians of warm calls. The two ledgers take turns.
 * @param {Seeded} small
 * @param {Seeded} large
 * @returns {Promise<Timed[]>}
 */
async function measurePanels(small, large) {
  console.log("analytics: asking …");
  const asked = await Promise.all([small, large].map(async (world) => panelsOf(await lookAround(world))));
  /** @type {Timed[]} */
  const timed = [];
  for (const [at, panel] of (asked[0] ?? []).entries()) {
    const other = asked[1]?.[at] ?? panel;
    // A snapshot older than a minute is computed again. A fresh one avoids that here.
    await Promise.all([small.roller.call("roll"), large.roller.call("roll")]);
    /** @type {{ small: number[], large: number[] }} */
    const times = { small: [], large: [] };
    for (let call = -WARM_CALLS; call < CALLS; call++) {
      const [a, b] = [(await ask(small, panel)).ms, (await ask(large, other)).ms];
      if (call >= 0) {
        times.small.push(a);
        times.large.push(b);
      }
    }
    timed.push({
      name: panel.name,
      fixed: panel.fixed ?? false,
      small: median(times.small),
      large: median(times.large),
    });
  }
  return timed;
}

/** @param {Seeded} world */
async function lookAround(world) {
  const { data: top } = await ask(world, { name: "", procedure: "admin.topUsers", input: { reveal: true } });
  const { data: failed } = await ask(world, { name: "", procedure: "admin.failedAttempts" });
  const sql = postgres(world.url, { max: 1 });
  const [row] =
    await sql`select ip_address from otp_verifications where ip_address is not null order by created_at desc limit 1`;
  await sql.end();
  return {
    heaviest: top[0].userId,
    heaviestEmail: top[0].email,
    ip: row?.ip_address,
    failedCursor: failed.nextCursor,
  };
}

/**
 * Measures a rebuild of all sums while a reader goes on asking.
 * @param {Seeded} world
 */
async function measureRebuild(world) {
  console.log("analytics: rebuilding …");
  /** @type {number[]} */
  const reads = [];
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      reads.push((await ask(world, { name: "", procedure: "admin.dailyStats" })).ms);
      await sleep(100);
    }
  })();
  const { ms } = await world.roller.call("rebuild");
  isOver = true;
  await reading;
  return { seconds: ms / 1000, reads: reads.length, longest: Math.max(...reads) };
}

/**
 * Measures the roll-up job under 100 asks a second: after an hour of such asks, for two minutes with a round each 30 s.
 * @param {Seeded} world
 */
async function measureBurst(world) {
  console.log(`analytics: ${BURST_A_SECOND} asks a second for ${BURST_SECONDS} s …`);
  const sql = postgres(world.url, { max: 2, onnotice: () => {} });
  /**
   * Inserts in the order of time, as a real ledger grows. An hour scattered over its pages takes three times as long
   * to read.
   * @param {number} from seconds ago @param {number} to
   */
  const burst = (from, to) => sql`
    insert into otp_verifications (user_id, email, purpose, channel, mail_domain, created_at, expires_at, attempts, is_verified, verified_at, sent_at)
    select u.id, u.email, 'sign-in', 'email', 'burst.example', at, at + interval '10 minutes', ok::int, ok,
      case when ok then at + interval '20 seconds' end, at
    from (select now() - make_interval(secs => ${from}::float8 - n / ${BURST_A_SECOND}::float8) as at, random() < 0.8 as ok,
        1 + floor(random() * 5000)::int as who
      from generate_series(1, ${Math.round((from - to) * BURST_A_SECOND)}) n offset 0) t
    join (select id, email, row_number() over (order by s_no) as place from users limit 5000) u on u.place = t.who order by at`;
  await burst(3600, 0);
  await world.roller.call("roll");
  // Clears the backlog of an hour that was written at once. In real use the rounds of that hour have cleared it.
  await sql`vacuum (analyze) otp_late_changes`;
  await sql`analyze otp_verifications`;
  await sql`checkpoint`;
  /** @type {number[]} */
  const rounds = [];
  const start = performance.now();
  let nextRound = 30;
  for (let second = 1; second <= BURST_SECONDS; second++) {
    await burst(1, 0);
    if (second >= nextRound) {
      nextRound += 30;
      rounds.push((await world.roller.call(rounds.length % 2 === 0 ? "roll" : "secondRoll")).ms);
    }
    await sleep(Math.max(0, start + second * 1000 - performance.now()));
  }
  await sql`delete from otp_verifications where mail_domain = 'burst.example'`;
  await world.roller.call("roll");
  await sql.end();
  return { aMinute: (rounds.reduce((sum, ms) => sum + ms, 0) / rounds.length) * 2, longest: Math.max(...rounds) };
}

/**
 * Measures asking and verifying. The two ledgers take turns.
 * @param {Seeded} tiny
 * @param {Seeded} large
 */
async function measureWrites(tiny, large) {
  console.log("analytics: asking for codes and verifying them …");
  for (const world of [tiny, large]) await warmUp(world, "app");
  /** @type {number[]} */
  const ratios = [];
  /** @type {{ tiny: number[], large: number[] }} */
  const ms = { tiny: [], large: [] };
  for (let round = 0; round < WRITE_ROUNDS; round++) {
    const [few, many] = [await measureWindow(tiny, "app"), await measureWindow(large, "app")];
    const [a, b] = [few, many].map(({ ask: asks, verify }) => median(asks) + median(verify));
    ms.tiny.push(a ?? Number.NaN);
    ms.large.push(b ?? Number.NaN);
    ratios.push((b ?? Number.NaN) / (a ?? Number.NaN));
  }
  return { tiny: median(ms.tiny), large: median(ms.large), ratio: median(ratios), each: ratios };
}

/**
 * @param {Timed[]} panels
 * @param {Awaited<ReturnType<typeof measureRebuild>>} rebuilt
 * @param {Awaited<ReturnType<typeof measureBurst>>} burst
 * @param {Awaited<ReturnType<typeof measureWrites>>} writes
 * @returns {import("./table.mjs").Report}
 */
function report(panels, rebuilt, burst, writes) {
  const worst = panels.reduce((a, b) => (b.large / b.small > a.large / a.small ? b : a));
  const late = panels.filter(({ fixed, large }) => large > (fixed ? FIXED_MS : CHOSEN_MS));
  return {
    title: "analytics: an admin's questions through HTTP, the median of warm calls, on one and on ten million codes",
    ratios: [
      ["the largest ratio of the questions", (worst.large / worst.small).toFixed(2), `(${worst.name})`],
      [
        "ask and verify, 10,000,000 / 10,000",
        writes.ratio.toFixed(2),
        `(${writes.each.map((ratio) => ratio.toFixed(2)).join(" ")})`,
      ],
    ],
    columns: ["1M, ms", "10M, ms", "ratio"],
    rows: [
      ...panels.map(({ name, fixed, small, large }) => [
        `${fixed ? "" : "· "}${name}`,
        small.toFixed(1),
        large.toFixed(1),
        (large / small).toFixed(2),
      ]),
      [
        "ask and verify (of 10,000; of 10,000,000)",
        writes.tiny.toFixed(1),
        writes.large.toFixed(1),
        writes.ratio.toFixed(2),
      ],
    ],
    notes: [
      `Of the fixed questions at most ${FIXED_MS} ms are asked for, of those with a range, filter or page (·) ${CHOSEN_MS}: ${late.length === 0 ? "all are" : late.map(({ name }) => name).join(", ")} ${late.length === 0 ? "within" : "over"}.`,
      `A rebuild of all sums: ${rebuilt.seconds.toFixed(0)} s, with ${rebuilt.reads} reads meanwhile, the longest of ${rebuilt.longest.toFixed(0)} ms.`,
      `The job at ${BURST_A_SECOND} asks a second: ${(burst.aMinute / 1000).toFixed(2)} s a minute, a round of ${burst.longest.toFixed(0)} ms at most.`,
    ],
  };
}
