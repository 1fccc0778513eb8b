import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { stopOnSignal } from "./signals.mjs";

// After a lost connection a timer of postgres.js writes to a socket that is gone and throws (its issue 1154), where
// nothing can catch it. The pool has been replaced by then. Next does the same in the web process.
process.on("uncaughtException", (error) => {
  if (error.stack?.includes("node_modules/postgres/") && error.message.includes("reading 'write'")) return;
  console.error(error);
  process.exit(1);
});

await command(import.meta.url, async () => {
  ensureInstalled();
  if (!process.env.NODE_ENV) Object.assign(process.env, { NODE_ENV: "production" });
  const database = await prepare();
  try {
    const { tsImport } = await import("tsx/esm/api");
    /** @type {typeof import("../src/jobs/runner")} */
    const { startJobs } = await tsImport("../src/jobs/runner.ts", import.meta.url);
    const jobs = await startJobs();
    console.log("The job runner is at work. Ctrl-C stops it.");
    stopOnSignal(async () => {
      await jobs.stop();
      await database.leave();
    });
  } catch (error) {
    await database.leave();
    throw error;
  }
});
