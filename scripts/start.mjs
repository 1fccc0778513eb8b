import { command } from "./command.mjs";
import { ensureBuilt, ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";
import { codeOf } from "./processes.mjs";
import { stopOnSignal } from "./signals.mjs";

await command(import.meta.url, async () => {
  const dev = process.argv.includes("--dev");
  ensureInstalled();
  Object.assign(process.env, { NODE_ENV: dev ? "development" : "production", NEXT_TELEMETRY_DISABLED: "1" });
  if (!dev) ensureBuilt();
  const database = await prepare();
  try {
    await migrate();
    const { serve } = await import("./server.mjs");
    const server = await serve({ dev });
    stopOnSignal(async () => {
      await server.stop();
      await database.leave();
    });
  } catch (error) {
    await database.leave();
    if (codeOf(error) !== "EADDRINUSE") throw error;
    throw new Fault(
      `Port ${process.env.PORT || 3000} is taken by another program: stop it, or set PORT to another one.`,
    );
  }
});
