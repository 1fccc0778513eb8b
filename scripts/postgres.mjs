// The embedded PostgreSQL: the binaries of an npm package, run by a keeper process (postgres-keeper.mjs) that all who
// use it share. Nothing of it is used when DATABASE_URL is set.
import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "./fault.mjs";
import { USER } from "./postgres/cluster.mjs";
import { connectToKeeper } from "./postgres/connection.mjs";
import { filesIn, makeDirectory } from "./postgres/files.mjs";
import { codeOf } from "./processes.mjs";

const BETWEEN_ATTEMPTS_MS = 2_000;

/**
 * Joins the PostgreSQL of a data directory, made and started if need be. It runs until the last process that has
 * joined it has left or ended; if it dies before, it is started again at the same URL. Throws a Fault if it can't start.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {string} [options.database] made if it is not there
 * @param {boolean} [options.fast] gives durability up, for tests
 * @param {() => void} [options.starting] called when it is not running yet
 * @returns {Promise<{ url: string, leave: () => Promise<void> }>} `leave` resolves when the server is gone or others use it
 */
export async function joinPostgres({ dataDir, database = USER, fast = false, starting = () => {} }) {
  const directory = openDataDir(dataDir);
  const connect = () => connectToKeeper(directory, { fast, starting });
  let connection = await connect();
  const { port } = connection;
  const password = readFileSync(filesIn(directory).password, "utf8").trim();
  /** @param {string} name */
  const urlOf = (name) => `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;

  let left = false;
  /** @type {Promise<void>} */
  let reconnected = Promise.resolve();
  const watch = () => {
    void connection.closed.then(() => {
      if (!left) reconnected = reconnect();
    });
  };
  const reconnect = async () => {
    while (!left) {
      try {
        connection = await connect();
        if (connection.port !== port)
          console.error(`PostgreSQL had to move to port ${connection.port}: restart Latchkey.`);
        return watch();
      } catch (error) {
        console.error(`PostgreSQL cannot be started again: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(BETWEEN_ATTEMPTS_MS);
      }
    }
  };
  const leave = async () => {
    if (left) return;
    left = true;
    await reconnected;
    while (!(await connection.leave())) {
      // The keeper was killed just now and has left its server behind: another one stops it.
      const next = await connect().catch(() => undefined);
      if (!next) return;
      connection = next;
    }
  };
  watch();
  try {
    await makeDatabase(urlOf("postgres"), database);
  } catch (error) {
    await leave();
    throw error;
  }
  return { url: urlOf(database), leave };
}

/** @param {string} dataDir */
function openDataDir(dataDir) {
  try {
    makeDirectory(dataDir);
    const directory = realpathSync(dataDir);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    const { state, password, log } = filesIn(directory);
    for (const file of [state, password, log].filter(existsSync)) accessSync(file, constants.R_OK | constants.W_OK);
    return directory;
  } catch (error) {
    throw new Fault(`The data directory ${dataDir} cannot be used (${codeOf(error)}): it may belong to another user.`);
  }
}

/**
 * @param {string} url of a database that is there
 * @param {string} name
 */
async function makeDatabase(url, name) {
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const found = await sql`select from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  } catch (error) {
    // Another process that has joined may have made it just now: 42P04 duplicate_database, 23505 its unique index.
    if (codeOf(error) !== "42P04" && codeOf(error) !== "23505") throw error;
  } finally {
    await sql.end();
  }
}
