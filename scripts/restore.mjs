import { resolve } from "node:path";
import { keyNames } from "./backup/keys.mjs";
import { load } from "./backup/load.mjs";
import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

/** `npm run db:restore -- FILE`: restores a backup into an empty database, in one transaction. */
await command(import.meta.url, async () => {
  const [file, ...more] = process.argv.slice(2);
  if (!file || more.length > 0) throw new Fault("Usage: npm run db:restore -- FILE");
  const path = resolve(process.env.INIT_CWD ?? ".", file);
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    const url = process.env.DATABASE_MIGRATE_URL || process.env.DATABASE_URL || "";
    const { header, tables, rows } = await load(url, path, ...(await requeuing()));
    console.log(`${rows.toLocaleString("en")} rows of ${tables} tables are back, as they were at ${header.at}.`);
    if (!(await keyNames()).some((name) => header.keys.includes(name)))
      console.warn(
        "It was made under another APP_SECRET: open codes, queued messages and forgotten addresses in it are found with that one alone.",
      );
  } finally {
    await database.leave();
  }
  process.exit(0);
});

/**
 * Puts the messages that wait to be sent on the queue again, because the queue is not in a backup. The worker drops
 * those that have expired by then.
 * @returns {Promise<[string, unknown[]]>} the statement and its parameters
 */
async function requeuing() {
  const { tsImport } = await import("tsx/esm/api");
  const { sql } = await import("drizzle-orm");
  const { PgDialect } = await import("drizzle-orm/pg-core");
  /** @type {typeof import("../src/delivery/queue")} */
  const { addDeliverJob } = await tsImport("../src/delivery/queue.ts", import.meta.url);
  const query = new PgDialect().sqlToQuery(
    sql`select ${addDeliverJob(sql`id`)} from deliveries where state = 'queued'`,
  );
  return [query.sql, query.params];
}
