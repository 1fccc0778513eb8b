import { setTimeout as sleep } from "node:timers/promises";
import { postgresCpu } from "./postgres-cpu.mjs";
import { median, quantile } from "./statistics.mjs";
import { openWorld } from "./world.mjs";

/** The warm-up, after which JavaScript is well compiled: this many flows, or as many as fit into the time. */
const WARM_UP_FLOWS = 1_500;
const WARM_UP_MS = 8_000;
const ROUNDS = 5;
/** The time before a window is measured. By then its users are at different steps. */
const LEAD_IN_MS = 400;
const WINDOW_MS = 2_000;

/** @typedef {{ rate: number, ask: number[], verify: number[], appCpu: number, postgresCpu: number, loadCpu: number }} Window */

const ARMS = ["app", "yardstick"];

/**
 * Measures sign-ups through HTTP, 20 at a time: a new user asks for a code, verifies it and gets a session. They are
 * compared with the least that a sign-up writes, on the same database. The arms alternate, so that other work of the
 * machine slows both.
 * @type {import("./bench.mjs").Benchmark}
 */
export async function run(holding, { node }) {
  console.log("flow: preparing PostgreSQL and the app …");
  const world = await openWorld(holding, { node });
  try {
    return await measure(world);
  } catch (error) {
    if (!holding.ending()) console.error(world.app.lastLines());
    throw error;
  }
}

/**
 * @param {import("./world.mjs").World} world
 * @returns {Promise<import("./table.mjs").Report>}
 */
async function measure(world) {
  console.log(
    `flow: measuring, at most ${Math.round(ARMS.length * ((WARM_UP_MS + ROUNDS * (LEAD_IN_MS + WINDOW_MS)) / 1000))} s …`,
  );
  for (const arm of ARMS) await warmUp(world, arm);
  /** @type {Record<string, Window[]>} */
  const windows = Object.fromEntries(ARMS.map((arm) => [arm, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const arm of ARMS) windows[arm]?.push(await measureWindow(world, arm));
  }
  return report(windows);
}

/**
 * Runs an arm until its code is well compiled.
 * @param {import("./world.mjs").World} world
 * @param {string} arm
 */
export async function warmUp({ load }, arm) {
  await load.call("start", arm);
  const end = performance.now() + WARM_UP_MS;
  for (let flows = 0; flows < WARM_UP_FLOWS && performance.now() < end; flows += (await load.call("take")).flows)
    await sleep(100);
  await load.call("stop");
}

/**
 * Measures an arm for two seconds.
 * @param {import("./world.mjs").World} world
 * @param {string} arm
 * @returns {Promise<Window>}
 */
export async function measureWindow(world, arm) {
  const { load } = world;
  await load.call("start", arm);
  await sleep(LEAD_IN_MS);
  await load.call("take");
  const [before, start] = [await usage(world), performance.now()];
  await sleep(WINDOW_MS);
  const { flows, ask, verify } = await load.call("take");
  const seconds = (performance.now() - start) / 1000;
  const after = await usage(world);
  await load.call("stop");
  /** @param {keyof typeof before} who */
  const perFlow = (who) => (after[who] - before[who]) / flows;
  return {
    rate: flows / seconds,
    ask,
    verify,
    appCpu: perFlow("app"),
    postgresCpu: perFlow("postgres"),
    loadCpu: perFlow("load"),
  };
}

/**
 * @param {import("./world.mjs").World} world
 * @returns processor time used so far, in milliseconds
 */
async function usage({ app, load, postmaster }) {
  /** @type {NodeJS.CpuUsage[]} */
  const [ofApp, ofLoad] = await Promise.all([app.call("cpu"), load.call("cpu")]);
  /** @param {NodeJS.CpuUsage} [usage] */
  const sum = (usage) => (usage ? (usage.user + usage.system) / 1000 : Number.NaN);
  return { app: sum(ofApp), load: sum(ofLoad), postgres: postgresCpu(postmaster) };
}

/**
 * @param {Record<string, Window[]>} windows
 * @returns {import("./table.mjs").Report}
 */
function report(windows) {
  /** @param {string} name @param {(own: Window[], arm: string) => number} value @param {number} [digits] */
  const row = (name, value, digits = 1) => [
    name,
    ...ARMS.map((arm) => {
      const number = value(windows[arm] ?? [], arm);
      return Number.isNaN(number) ? "–" : number.toFixed(digits);
    }),
  ];
  /** @param {"ask" | "verify"} step @param {number} share */
  const latency = (step, share) => (/** @type {Window[]} */ own) =>
    quantile(
      own.flatMap((each) => each[step]),
      share,
    );
  /** @param {"rate" | "appCpu" | "postgresCpu" | "loadCpu"} what */
  const middle = (what) => (/** @type {Window[]} */ own) => median(own.map((each) => each[what]));
  const ratios = (windows.app ?? []).map(({ rate }, i) => rate / (windows.yardstick?.[i]?.rate ?? Number.NaN));
  return {
    title: "flow: ask for a code, verify it, get a session; a new user each time, 20 at a time",
    ratios: [["app / yardstick", median(ratios).toFixed(2), `(${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`]],
    columns: ARMS,
    rows: [
      row("flows a second", middle("rate"), 0),
      row("ask, p50 ms", latency("ask", 0.5)),
      row("ask, p99 ms", latency("ask", 0.99)),
      row("verify, p50 ms", latency("verify", 0.5)),
      row("verify, p99 ms", latency("verify", 0.99)),
      row("app's CPU, ms a flow", (own, arm) => (arm === "app" ? middle("appCpu")(own) : Number.NaN), 2),
      row("PostgreSQL's CPU, ms a flow", middle("postgresCpu"), 2),
      row("load's CPU, ms a flow", middle("loadCpu"), 2),
    ],
    notes: [
      "The yardstick is the least a sign-up writes, in plain SQL: fifteen statements in three transactions (bench/yardstick.mjs).",
      "Medians of alternating windows of 2 s; the ratios are pair by pair. All share this machine's processors.",
    ],
  };
}
