import { join } from "node:path";
import { command } from "./command.mjs";
import { ensureInstalled, root } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { grantApp } from "./grants.mjs";
import { codeOf } from "./processes.mjs";

// An arbitrary number that must not change: migrations that start at the same time take turns by this lock.
const LOCK = 5_284_917;

/**
 * Migrates the app's tables and the job queue's. Two at once take turns, and the second finds nothing to do.
 * @param {string} [url] by default DATABASE_MIGRATE_URL, else DATABASE_URL
 * @param {string} [appUrl] the URL with the app's role, if that is another role: the role is given its rights
 * @throws {Fault} if the database can't be reached or a migration fails
 */
export async function migrate(
  url = process.env.DATABASE_MIGRATE_URL || process.env.DATABASE_URL || "",
  appUrl = process.env.DATABASE_MIGRATE_URL ? process.env.DATABASE_URL : undefined,
) {
  const { default: postgres } = await import("postgres");
  // One connection, because the lock belongs to its session.
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${LOCK})`.catch((error) => {
      throw new Fault(`The database at ${placeOf(url)} cannot be reached: ${reasonOf(error)}`);
    });
    await migrateTables(sql);
    await migrateQueue(url);
    if (url !== appUrl && appUrl) await grantApp(sql, appUrl);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`The migration failed: ${reasonOf(error)}`, { cause: error });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** @param {import("postgres").Sql} sql */
async function migrateTables(sql) {
  const { drizzle } = await import("drizzle-orm/postgres-js");
  const { migrate } = await import("drizzle-orm/postgres-js/migrator");
  await migrate(drizzle(sql), { migrationsFolder: join(root, "drizzle") });
}

/** @param {string} url */
async function migrateQueue(url) {
  const { Logger, runMigrations } = await import("graphile-worker");
  const logger = new Logger(() => (level, message) => {
    if (level === "error" || level === "warning") console.error(message);
  });
  await runMigrations({ connectionString: url, schema: "graphile_worker", logger, maxPoolSize: 1 });
}

/**
 * @param {string} url
 * @returns {string} the parts of it that may be shown
 */
function placeOf(url) {
  return URL.canParse(url) ? new URL(url).host : "DATABASE_URL";
}

/** @param {unknown} error */
function reasonOf(error) {
  // Drizzle's message repeats the statement. PostgreSQL's own message is in the cause.
  const { cause } = /** @type {{ cause?: unknown }} */ (error);
  const reason = cause instanceof Error ? cause : error;
  return (reason instanceof Error && reason.message) || codeOf(reason) || String(reason);
}

await command(import.meta.url, async () => {
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    console.log("The database is up to date.");
  } finally {
    await database.leave();
  }
});
