import { randomBytes } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../fault.mjs";
import { bornAt } from "../processes.mjs";
import { takeClients } from "./clients.mjs";
import { locateCluster, makeCluster } from "./cluster.mjs";
import { filesIn, readState, writeState } from "./files.mjs";
import { takeLock } from "./lock.mjs";
import { freePort, startServer, stopOrphans, stopServer } from "./server.mjs";

// A keeper whose starter died before it joined has nobody to wait for.
const FIRST_CLIENT_MS = 10_000;
const STARTS = 10;
const BETWEEN_STARTS_MS = 300;

/**
 * The keeper: runs a data directory's PostgreSQL for as long as it has clients, and starts it again if it dies.
 * Resolves when both are at their end; at once if the directory has a keeper already.
 * @param {string} directory the data directory
 * @param {{ fast: boolean }} options
 */
export async function keep(directory, { fast }) {
  const dataDir = realpathSync(directory);
  const cluster = locateCluster(dataDir);
  // Beside the cluster: a copied data directory may lead to a cluster that is elsewhere, and kept.
  const giveLockBack = takeLock(join(cluster.directory, "../keeper.lock"));
  if (!giveLockBack) return;

  const stopping = new AbortController();
  /** @type {Set<(message: object) => void>} */
  const waiting = new Set();
  /** @type {object | undefined} */
  let answer;
  /** @param {object} message */
  const tellAll = (message) => {
    answer = message;
    for (const tell of waiting) tell(message);
    waiting.clear();
  };

  const token = randomBytes(32).toString("base64url");
  const clients = await takeClients({
    token,
    joined: (tell) => (answer ? tell(answer) : waiting.add(tell)),
    empty: () => stopping.abort(),
  });
  stopping.signal.addEventListener("abort", () => clients.close());
  const state = {
    pid: process.pid,
    born: bornAt(process.pid) ?? "",
    port: clients.port,
    token,
    postgresPort: readState(dataDir)?.postgresPort,
  };
  writeState(dataDir, state);
  setTimeout(() => clients.count() === 0 && stopping.abort(), FIRST_CLIENT_MS).unref();

  try {
    await stopOrphans(cluster.directory);
    await makeCluster(cluster, { fast, signal: stopping.signal });
    const port = await freePort(state.postgresPort);
    writeState(dataDir, { ...state, postgresPort: port });
    while (!stopping.signal.aborted) {
      const server = await startAgain(cluster, { port, fast, signal: stopping.signal });
      if (!server) break;
      tellAll({ ready: true, port });
      await Promise.race([server.ended, aborted(stopping.signal)]);
      answer = undefined;
      if (stopping.signal.aborted) await stopServer(server.pid);
      else console.error("Keeper: PostgreSQL has ended by itself; starting it again.");
    }
  } catch (error) {
    if (stopping.signal.aborted) return;
    tellAll({ error: error instanceof Error ? error.message : String(error) });
    // Time for the answer to leave.
    await sleep(50);
    throw error;
  } finally {
    giveLockBack();
    clients.sayGoodbye();
  }
}

/**
 * @param {import("./cluster.mjs").Cluster} cluster
 * @param {{ port: number, fast: boolean, signal: AbortSignal }} options
 */
async function startAgain(cluster, { port, fast, signal }) {
  const log = filesIn(cluster.dataDir).log;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await startServer(cluster, { port, fast });
    } catch (error) {
      if (!(error instanceof Fault) || attempt === STARTS) {
        throw new Fault(`PostgreSQL does not start: ${lastFailureIn(log)} (see ${log})`, { cause: error });
      }
      await sleep(BETWEEN_STARTS_MS);
      await stopOrphans(cluster.directory);
    }
  }
  return undefined;
}

/** @param {AbortSignal} signal */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", resolve, { once: true });
  });
}

/** @param {string} log */
function lastFailureIn(log) {
  const lines = readFileSync(log, "utf8").split("\n");
  return (
    lines.findLast((line) => /FATAL|PANIC|error:/.test(line))?.replace(/^.*?(FATAL|PANIC): +/, "") ?? "no reason given"
  );
}
