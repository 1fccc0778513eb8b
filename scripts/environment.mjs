import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "./ensure.mjs";
import { joinPostgres } from "./postgres.mjs";
import { keptSecret } from "./secrets.mjs";

/**
 * Every command calls this first. It reads .env and checks the settings: if any is wrong, it prints each fault on its
 * own line and exits with 1. Without DATABASE_URL it joins the embedded PostgreSQL in DATA_DIR. It then sets
 * DATABASE_URL, and APP_SECRET from the secret kept there. Throws a Fault if PostgreSQL can't be started.
 * @returns {Promise<{ embedded: boolean, leave: () => Promise<void> }>} `leave` gives the database up
 */
export async function prepare() {
  // tsx looks for tsconfig.json in the working directory, and Next for its project: they must find ours.
  process.chdir(root);
  if (existsSync(".env")) process.loadEnvFile(".env");
  const embedded = !process.env.DATABASE_URL;
  await checkSettings(embedded);
  if (!embedded) return { embedded, leave: async () => {} };

  const dataDir = resolve(root, process.env.DATA_DIR || ".latchkey");
  const postgres = await joinPostgres({
    dataDir,
    starting: () => console.log(`Starting PostgreSQL in ${relative(root, dataDir) || "."} …`),
  });
  process.env.DATABASE_URL = postgres.url;
  process.env.APP_SECRET ||= keptSecret(join(dataDir, "app-secret"));
  return { embedded, leave: postgres.leave };
}

/**
 * Runs before the database is started, so that a fault leaves no process behind.
 * @param {boolean} embedded
 */
async function checkSettings(embedded) {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../src/env")} */
  const { readEnv } = await tsImport("../src/env.ts", import.meta.url);
  const result = readEnv(embedded ? withPlaceholders() : process.env);
  const faults = result.ok ? [] : result.faults;
  if (embedded && process.env.DATABASE_MIGRATE_URL)
    faults.push("DATABASE_MIGRATE_URL: is of no use without DATABASE_URL");
  if (faults.length === 0) return;
  console.error(["Latchkey cannot start:", ...faults.map((fault) => `  ${fault}`)].join("\n"));
  process.exit(1);
}

/** The settings as they will be after the embedded database has set its own. */
function withPlaceholders() {
  return {
    ...process.env,
    DATABASE_URL: "postgres://127.0.0.1/latchkey",
    APP_SECRET: process.env.APP_SECRET || randomBytes(32).toString("base64url"),
  };
}
