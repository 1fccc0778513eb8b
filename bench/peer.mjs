import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { Fault } from "../scripts/fault.mjs";
import { freePort } from "../scripts/postgres/server.mjs";
import { postgresCpu } from "./postgres-cpu.mjs";
import { median, quantile } from "./statistics.mjs";
import { countOnTheWire } from "./wire.mjs";
import { openWorld } from "./world.mjs";

const WORKER = fileURLToPath(new URL("./worker.mjs", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

const ROUNDS = 3;
const FLOWS = 600;
/** The flows of the warm-up, after which JavaScript is well compiled. */
const WARM_UP_FLOWS = 1_500;
const COUNTED_FLOWS = 200;

const ARMS = ["app", "peer"];

/**
 * Measures sign-ups through HTTP, 20 at a time: a new user asks for a code, verifies it and gets a session. They are
 * compared with better-auth, which is installed for this. The app works with limits, ledger, queue, a worker and a
 * provider (a stand-in for Resend that the load runs). The peer has none of these. Both use the same PostgreSQL and
 * take turns.
 * @type {import("./bench.mjs").Benchmark}
 */
export async function run(holding, { node }) {
  console.log("peer: preparing PostgreSQL and the app …");
  const [mail, peerPort] = [await freePort(), await freePort()];
  const settings = {
    DELIVERY: "resend",
    RESEND_API_KEY: "re_bench",
    RESEND_BASE_URL: `http://127.0.0.1:${mail}`,
    PEER_PORT: String(peerPort),
  };
  const world = await openWorld(holding, { node, settings });
  const worker = await world.start(WORKER, "worker", { node });
  console.log("peer: installing better-auth into a temporary folder …");
  const server = await installPeer(world.directory);
  const peerUrl = await otherDatabase(world.url);
  const env = { PORT: String(peerPort), PEER_DATABASE_URL: peerUrl };
  const peer = await world.start(server, "peer", { env });
  await Promise.all([worker.call("cpu"), peer.call("cpu")]);
  const processes = { app: world.app, worker, peer, load: world.load };

  console.log("peer: measuring, about a minute …");
  for (const arm of ARMS) await world.load.call("burst", arm, WARM_UP_FLOWS);
  /** @type {Record<string, Round[]>} */
  const rounds = { app: [], peer: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const arm of ARMS) rounds[arm]?.push(await measure(world, processes, arm));

  console.log("peer: counting statements and round trips …");
  // The listeners that count are slow, so this is done apart from the timed rounds.
  /** @type {Record<string, import("./wire.mjs").Said>} */
  const said = {};
  await Promise.all([world.app.stop(), worker.stop(), peer.stop()]);
  const wires = {
    app: await holding.hold(countOnTheWire(world.url), ({ stop }) => stop()),
    worker: await holding.hold(countOnTheWire(world.url), ({ stop }) => stop()),
    peer: await holding.hold(countOnTheWire(peerUrl), ({ stop }) => stop()),
  };
  const counted = await Promise.all([
    world.startApp("counted-app", { env: { DATABASE_URL: wires.app.url } }),
    world.start(WORKER, "counted-worker", { env: { DATABASE_URL: wires.worker.url } }),
    world.start(server, "counted-peer", { env: { ...env, PEER_DATABASE_URL: wires.peer.url } }),
  ]);
  await Promise.all(counted.map((child) => child.call("cpu")));
  for (const arm of ARMS) await world.load.call("burst", arm, COUNTED_FLOWS);
  for (const wire of Object.values(wires)) wire.take();
  for (const arm of ARMS) await world.load.call("burst", arm, COUNTED_FLOWS);
  for (const [name, wire] of Object.entries(wires)) said[name] = wire.take();
  return report(rounds, said);
}

/**
 * @param {string} directory
 * @returns {Promise<string>} the peer's program, beside its packages
 */
async function installPeer(directory) {
  const folder = join(directory, "peer");
  await cp(join(HERE, "peer"), folder, { recursive: true });
  await cp(join(HERE, "answer.mjs"), join(directory, "answer.mjs"));
  const npm = spawn("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [status] = await once(npm, "close");
  if (status !== 0) throw new Fault("better-auth could not be installed.");
  return join(folder, "server.mjs");
}

/**
 * @param {string} url
 * @returns {Promise<string>} the URL of an empty database on the same server
 */
async function otherDatabase(url) {
  const sql = postgres(url, { max: 1 });
  await sql`create database peer`;
  await sql.end();
  const other = new URL(url);
  other.pathname = "/peer";
  return other.href;
}

/** @typedef {{ rate: number, ask: number[], verify: number[], cpu: Record<string, number> }} Round */

/**
 * @param {import("./world.mjs").World} world
 * @param {Record<string, import("./child.mjs").Child>} processes
 * @param {string} arm
 * @returns {Promise<Round>}
 */
async function measure({ load, postmaster }, processes, arm) {
  const usage = async () => {
    /** @type {Record<string, number>} */
    const used = { postgres: postgresCpu(postmaster) };
    for (const [name, process] of Object.entries(processes)) {
      /** @type {NodeJS.CpuUsage} */
      const { user, system } = await process.call("cpu");
      used[name] = (user + system) / 1000;
    }
    return used;
  };
  const before = await usage();
  const { seconds, ask, verify } = await load.call("burst", arm, FLOWS);
  const after = await usage();
  const cpu = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / FLOWS]));
  return { rate: FLOWS / seconds, ask, verify, cpu };
}

/**
 * @param {Record<string, Round[]>} rounds
 * @param {Record<string, import("./wire.mjs").Said>} said
 * @returns {import("./table.mjs").Report}
 */
function report(rounds, said) {
  /** @param {string} name @param {(own: Round[], arm: string) => number | null} value @param {number} [digits] */
  const row = (name, value, digits = 2) => [
    name,
    ...ARMS.map((arm) => value(rounds[arm] ?? [], arm)?.toFixed(digits) ?? "–"),
  ];
  /** @param {"ask" | "verify"} step @param {number} share */
  const latency = (step, share) => (/** @type {Round[]} */ own) =>
    quantile(
      own.flatMap((each) => each[step]),
      share,
    );
  /** @param {Record<string, string>} names the process, for each arm */
  const cpu = (names) => (/** @type {Round[]} */ own, /** @type {string} */ arm) => {
    const name = names[arm];
    return name ? median(own.map((each) => each.cpu[name] ?? Number.NaN)) : null;
  };
  /** @param {"statements" | "trips"} what @param {Record<string, string>} names */
  const wire = (what, names) => (/** @type {Round[]} */ _, /** @type {string} */ arm) => {
    const counted = said[names[arm] ?? ""];
    return counted ? counted[what] / COUNTED_FLOWS : null;
  };
  const ratios = (rounds.app ?? []).map(({ rate }, i) => rate / (rounds.peer?.[i]?.rate ?? Number.NaN));
  const web = { app: "app", peer: "peer" };
  const messages = { app: "worker" };
  return {
    title: "peer: ask for a code, verify it, get a session; a new user each time, 20 at a time",
    ratios: [["app / peer", median(ratios).toFixed(2), `(${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`]],
    columns: ["app", "better-auth"],
    rows: [
      row("flows a second", (own) => median(own.map(({ rate }) => rate)), 0),
      row("ask, p50 ms", latency("ask", 0.5), 1),
      row("ask, p99 ms", latency("ask", 0.99), 1),
      row("verify, p50 ms", latency("verify", 0.5), 1),
      row("verify, p99 ms", latency("verify", 0.99), 1),
      row("web process's CPU, ms a flow", cpu(web)),
      row("worker's CPU, ms a flow", cpu(messages)),
      row("PostgreSQL's CPU, ms a flow", cpu({ app: "postgres", peer: "postgres" })),
      row("load's CPU, ms a flow", cpu({ app: "load", peer: "load" })),
      row("statements a flow", wire("statements", web), 1),
      row("round trips a flow", wire("trips", web), 1),
      row("statements a message", wire("statements", messages), 1),
      row("round trips a message", wire("trips", messages), 1),
    ],
    notes: [
      `Medians of ${ROUNDS} alternating rounds of ${FLOWS} flows; the ratios are pair by pair. All share this machine's processors.`,
      "The app has its limits, ledger, queue, a worker and a provider; the peer keeps its mails in a map, without limits.",
    ],
  };
}
