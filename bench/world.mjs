import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { migrate } from "../scripts/migrate.mjs";
import { freePort } from "../scripts/postgres/server.mjs";
import { joinPostgres } from "../scripts/postgres.mjs";
import { bareEnvironment } from "../scripts/processes.mjs";
import { startChild } from "./child.mjs";

const APP = fileURLToPath(new URL("./app.mjs", import.meta.url));
const LOAD = fileURLToPath(new URL("./load.mjs", import.meta.url));

/** @typedef {Awaited<ReturnType<typeof openWorld>>} World */

/**
 * Opens a separate world for a benchmark: an empty, migrated PostgreSQL that is as durable as in production, the built
 * app on its own port, and the process that plays the users. It uses none of the operator's settings or data.
 * @param {import("./holding.mjs").Holding} holding
 * @param {{ node: string[], dataDir?: string, prepare?: (url: string) => Promise<unknown>, settings?: Record<string, string> }}
 *   Node's options for the app; a directory for the database, if it is to be kept; a function that fills it before the
 *   app starts; settings that replace the world's own
 */
export async function openWorld(holding, { node, dataDir, prepare, settings }) {
  const directory = await holding.hold(mkdtemp(join(tmpdir(), "latchkey-bench-")), (path) =>
    rm(path, { recursive: true }),
  );
  // Under root the server runs as another user, who must be able to enter the directory.
  await chmod(directory, 0o711);
  const database = await holding.hold(joinPostgres({ dataDir: dataDir ?? join(directory, "data") }), ({ leave }) =>
    leave(),
  );
  await migrate(database.url);
  await prepare?.(database.url);
  const port = await freePort();
  const env = {
    ...bareEnvironment,
    NEXT_TELEMETRY_DISABLED: "1",
    DATABASE_URL: database.url,
    APP_SECRET: randomBytes(32).toString("base64url"),
    PORT: String(port),
    BASE_URL: `http://localhost:${port}`,
    DELIVERY: "inbox",
    JOBS: "off",
    LOG_LEVEL: process.env.LOG_LEVEL || "error",
    // Each user has an IP address of their own, as in real use. The load plays the proxy in front.
    TRUSTED_PROXY_HOPS: "1",
    IP_HOURLY_REQUESTS: "1000000",
    IP_HOURLY_GUESSES: "1000000",
    ...settings,
  };
  /** @param {string} file @param {string} name @param {{ node?: string[], env?: Record<string, string> }} [options] */
  const start = (file, name, { node, env: more } = {}) =>
    holding.hold(
      startChild(file, { env: { ...env, ...more }, node, log: join(directory, `${name}.log`) }),
      ({ stop }) => stop(),
    );
  /** @param {string} name @param {{ node?: string[], env?: Record<string, string> }} options */
  const startApp = (name, options) => start(APP, name, options);
  const app = await startApp("app", { node });
  const load = await start(LOAD, "load");
  // The first call is answered when the process is ready.
  await Promise.all([app.call("cpu"), load.call("cpu")]);
  return {
    app,
    load,
    start,
    startApp,
    port,
    directory,
    url: database.url,
    postmaster: await postmasterOf(database.url),
  };
}

/** @param {string} url */
async function postmasterOf(url) {
  const sql = postgres(url, { max: 1 });
  const [row] = await sql`select pg_read_file('postmaster.pid') as file`;
  await sql.end();
  return Number.parseInt(row?.file, 10);
}
