import { setTimeout as sleep } from "node:timers/promises";
import { postgresCpu } from "./postgres-cpu.mjs";
import { median, quantile } from "./statistics.mjs";
import { openWorld } from "./world.mjs";

/** JavaScript is compiled well only after it has run a while: so many flows, or as many as there is time for. */
const WARM_UP_FLOWS = 1_500;
const WARM_UP_MS = 8_000;
const ROUNDS = 5;
/** Before a window is measured, so that all its users are in the middle of what they do. */
const LEAD_IN_MS = 400;
const WINDOW_MS = 2_000;

/** @typedef {{ rate: number, ask: number[], verify: number[], appCpu: number, postgresCpu: number, loadCpu: number }} Window */

/**
 * Ask for a code, verify it, get a session: a new user each time, 20 at a time through HTTP, beside the same statements
 * in a bare loop on the same database. The arms alternate, so that what else the machine does strikes both alike.
 * @type {import("../bench.mjs").Benchmark}
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
  const { load } = world;
  const recorded = await load.call("record");
  // The same statements prepared: what a driver could make of them at best.
  const arms = ["app", "bare", ...(recorded.unprepared > 0 ? ["prepared"] : [])];
  console.log(
    `flow: measuring, at most ${Math.round(arms.length * ((WARM_UP_MS + ROUNDS * (LEAD_IN_MS + WINDOW_MS)) / 1000))} s …`,
  );
  for (const arm of arms) await warmUp(world, arm);
  /** @type {Record<string, Window[]>} */
  const windows = Object.fromEntries(arms.map((arm) => [arm, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const arm of arms) windows[arm]?.push(await measureWindow(world, arm));
  }
  await load.call("check");
  return report(windows, recorded);
}

/**
 * Runs an arm until its code is compiled well.
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

const NAMES = /** @type {Record<string, string>} */ ({
  app: "app",
  bare: "bare loop",
  prepared: "bare, prepared",
});

/**
 * @param {Record<string, Window[]>} windows
 * @param {{ statements: number, transactions: number, alone: number, unprepared: number }} recorded
 * @returns {import("./table.mjs").Report}
 */
function report(windows, { statements, transactions, alone, unprepared }) {
  const arms = Object.keys(windows);
  /** @param {string} name @param {(own: Window[], arm: string) => number} value @param {number} [digits] */
  const row = (name, value, digits = 1) => [
    name,
    ...arms.map((arm) => {
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
  return {
    title: "flow: ask for a code, verify it, get a session; a new user each time, 20 at a time",
    ratios: arms.slice(1).map((arm) => {
      const ratios = (windows.app ?? []).map(({ rate }, i) => rate / (windows[arm]?.[i]?.rate ?? Number.NaN));
      const each = ratios.map((ratio) => ratio.toFixed(2)).join(" ");
      return [`app / ${NAMES[arm]}`, median(ratios).toFixed(2), `(${each})`];
    }),
    columns: arms.map((arm) => NAMES[arm] ?? arm),
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
      `A flow runs ${statements} statements (${unprepared} of them unprepared) in ${transactions} transactions and ${alone} alone.`,
      "Medians of alternating windows of 2 s; the ratios are pair by pair. All share this machine's processors.",
    ],
  };
}
