import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../processes.mjs";

/**
 * What the keeper tells those who want to join it. It stays after the keeper's end, for the port to be taken again.
 * @typedef {object} KeeperState
 * @property {number} pid
 * @property {string} born tells the keeper from a later process with its pid
 * @property {number} port where it takes clients
 * @property {string} token what a client must present
 * @property {number} [postgresPort]
 */

/**
 * The files of a data directory; the cluster itself may be elsewhere (see cluster.mjs).
 * @param {string} dataDir
 */
export function filesIn(dataDir) {
  return {
    state: join(dataDir, "keeper.json"),
    password: join(dataDir, "postgres-password"),
    log: join(dataDir, "postgres.log"),
    cluster: join(dataDir, "postgres"),
    elsewhere: join(dataDir, "postgres-elsewhere"),
  };
}

/**
 * Makes a directory that the server's account may pass through but not list, when that is another one than ours.
 * @param {string} directory
 */
export function makeDirectory(directory) {
  const made = mkdirSync(directory, { recursive: true });
  if (made) chmodSync(directory, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/**
 * @param {string} dataDir
 * @returns {KeeperState | undefined}
 */
export function readState(dataDir) {
  try {
    return JSON.parse(readFileSync(filesIn(dataDir).state, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * @param {string} dataDir
 * @param {KeeperState} state
 */
export function writeState(dataDir, state) {
  const draft = `${filesIn(dataDir).state}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
  renameSync(draft, filesIn(dataDir).state);
}
