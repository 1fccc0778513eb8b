// The process that keeps PostgreSQL: node postgres-keeper.mjs DATA_DIR [--fast]. Started by postgres.mjs, detached.
import { Fault } from "./fault.mjs";
import { keep } from "./postgres/keeper.mjs";

// How long it runs is for its clients to say: a signal sent to everyone must not take the database from an app that is
// still finishing its requests.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => {});

const [dataDir = ".latchkey", mode] = process.argv.slice(2);
try {
  await keep(dataDir, { fast: mode === "--fast" });
  process.exit(0);
} catch (error) {
  console.error("Keeper:", error instanceof Fault ? error.message : error);
  process.exit(1);
}
