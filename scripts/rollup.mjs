import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

/** `npm run db:rollup [-- --rebuild]`: runs one round of the dashboard's sums, or computes all of them again. */
await command(import.meta.url, async () => {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg !== "--rebuild")) throw new Fault("Usage: npm run db:rollup [-- --rebuild]");
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    const started = performance.now();
    const rows = await sumUp(args.length > 0);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${rows.toLocaleString("en")} codes were added to the dashboard's sums in ${seconds} s.`);
  } finally {
    await database.leave();
  }
  process.exit(0);
});

/**
 * @param {boolean} anew
 * @returns {Promise<number>} how many rows of the ledger were summed
 */
export async function sumUp(anew) {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../src/analytics/roll")} */
  const { rebuild, roll } = await tsImport("../src/analytics/roll.ts", import.meta.url);
  /** @type {typeof import("../src/db/client")} */
  const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);
  try {
    return (await (anew ? rebuild(db()) : roll(db()))).rows;
  } finally {
    await closeDb();
  }
}
