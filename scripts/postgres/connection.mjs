import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Fault } from "../fault.mjs";
import { bareEnvironment, bornAt, gone } from "../processes.mjs";
import { filesIn, readState } from "./files.mjs";

const KEEPER = fileURLToPath(new URL("../postgres-keeper.mjs", import.meta.url));
const KEEPER_MS = 60_000;
const LOG_BYTES = 5_000_000;

/** @typedef {Awaited<ReturnType<typeof connectToKeeper>>} Connection */

/**
 * Joins the data directory's keeper, started if there is none, and waits until the server takes connections.
 * Throws a Fault if it can't be started.
 * @param {string} dataDir
 * @param {{ fast: boolean, starting: () => void }} options `starting` is called when a keeper is started
 */
export async function connectToKeeper(dataDir, { fast, starting }) {
  const deadline = Date.now() + KEEPER_MS;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let keeper;
  while (Date.now() < deadline) {
    const state = readState(dataDir);
    if (state && bornAt(state.pid) === state.born) {
      const connection = await greet(state);
      if (connection) return connection;
    } else if (!keeper) {
      starting();
      keeper = startKeeper(dataDir, fast);
    } else if (keeper.exitCode === 0 || keeper.signalCode) {
      // Another start was first, or the keeper was killed.
      keeper = undefined;
    } else if (keeper.exitCode !== null) {
      throw new Fault(lastKeeperLine(dataDir));
    }
    await sleep(20);
  }
  throw new Fault(`PostgreSQL in ${dataDir} cannot be joined: its keeper does not answer.`);
}

/**
 * @param {import("./files.mjs").KeeperState} state
 * @returns {Promise<undefined | { port: number, closed: Promise<unknown>, leave: () => Promise<boolean> }>} undefined when
 *   the keeper is about to end; `leave` tells whether it said goodbye, which one that was killed does not
 */
async function greet(state) {
  const socket = connect({ host: "127.0.0.1", port: state.port });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => socket.destroy());
  const lines = createInterface({ input: socket });
  // It passes the socket's errors on; that the connection has ended is all we need to know.
  lines.on("error", () => {});
  /** @returns {Promise<string | undefined>} undefined when the connection has ended */
  const nextLine = async () => {
    const [line] = await Promise.race([once(lines, "line"), closed.then(() => [])]).catch(() => []);
    return line;
  };
  const first = nextLine();
  socket.write(`${state.token}\n`);
  const line = await first;
  if (!line) return undefined;
  const answer = JSON.parse(line);
  if (answer.error) {
    socket.destroy();
    throw new Fault(answer.error);
  }
  // What joined and forgot to leave must still be able to end.
  socket.unref();
  return {
    port: answer.port,
    closed,
    async leave() {
      socket.ref();
      const last = nextLine();
      socket.end();
      const goodbye = await last;
      socket.destroy();
      if (!goodbye) return false;
      if (JSON.parse(goodbye).others === 0) await gone(state.pid, KEEPER_MS);
      return true;
    },
  };
}

/**
 * Starts the keeper in a session of its own, where no Ctrl-C reaches it, and with nothing of our environment.
 * @param {string} dataDir
 * @param {boolean} fast
 */
function startKeeper(dataDir, fast) {
  const { log } = filesIn(dataDir);
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES) renameSync(log, `${log}.old`);
  const output = openSync(log, "a", 0o600);
  const keeper = spawn(process.execPath, [KEEPER, dataDir, ...(fast ? ["--fast"] : [])], {
    detached: true,
    cwd: "/",
    env: bareEnvironment,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  keeper.on("error", () => {});
  keeper.unref();
  return keeper;
}

/** @param {string} dataDir */
function lastKeeperLine(dataDir) {
  const lines = readFileSync(filesIn(dataDir).log, "utf8").split("\n");
  const line = lines.findLast((text) => text.startsWith("Keeper: "));
  return line?.replace("Keeper: ", "") ?? `PostgreSQL does not start: see ${filesIn(dataDir).log}`;
}
