import { command } from "../scripts/command.mjs";
import { ensureBuilt, ensureInstalled } from "../scripts/ensure.mjs";
import { Fault } from "../scripts/fault.mjs";
import { stopOnSignal } from "../scripts/signals.mjs";
import { holding } from "./holding.mjs";
import { print } from "./table.mjs";

/**
 * A benchmark opens its own world, gives it to `holding`, and returns its measurements.
 * @typedef {(holding: import("./holding.mjs").Holding, options: { node: string[] }) =>
 *   Promise<import("./table.mjs").Report>} Benchmark
 */

/** @type {Record<string, () => Promise<{ run: Benchmark }>>} */
const BENCHMARKS = {
  flow: () => import("./flow.mjs"),
  messages: () => import("./messages.mjs"),
  peer: () => import("./peer.mjs"),
  analytics: () => import("./analytics.mjs"),
};

/** `npm run bench [-- NAME] [--NODE-OPTION ...]`: options, such as --cpu-prof --cpu-prof-dir=DIR, go to the measured app. */
await command(import.meta.url, async () => {
  ensureInstalled();
  const args = process.argv.slice(2);
  const node = args.filter((arg) => arg.startsWith("--"));
  const names = args.filter((arg) => !arg.startsWith("--"));
  const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown) throw new Fault(`There is no benchmark "${unknown}". There are: ${Object.keys(BENCHMARKS).join(", ")}`);
  ensureBuilt();

  const held = holding();
  stopOnSignal(held.release);
  try {
    for (const [name, load] of Object.entries(BENCHMARKS)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const { run } = await load();
      print(await run(held, { node }));
      await held.release();
    }
  } finally {
    await held.release();
  }
  process.exit(0);
});
