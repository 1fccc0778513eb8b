import { roll } from "@/analytics/roll";
import type { PanelKey } from "@/analytics/snapshots";
import { db } from "@/db/client";
import { log } from "@/log";
import { task } from "./task";

/**
 * The panels that the second round of a minute skips. They read an hour of the ledger: 360,000 rows at 100 asks a
 * second. Their numbers stay at most a minute old.
 */
export const NOT_TWICE_A_MINUTE: PanelKey[] = ["suspicious"];

/** Between the two rounds of a minute. With a round's own time, the dashboard's numbers are less than a minute old. */
const HALF_MINUTE_MS = 30_000;

/** Runs a round of the roll-up, twice a minute. Cron counts in minutes, so the first round queues the second. */
export const rollupJob = task("rollup", async (payload, helpers) => {
  const isSecond = typeof payload === "object" && payload !== null && "second" in payload;
  if (!isSecond)
    await helpers.addJob(
      "rollup",
      { second: true },
      { runAt: new Date(Date.now() + HALF_MINUTE_MS), jobKey: "rollup", queueName: "rollup", maxAttempts: 1 },
    );
  const started = performance.now();
  const { rows } = await roll(db(), isSecond ? { skipPanels: NOT_TWICE_A_MINUTE } : {});
  log().debug({ event: "rollup", rows, ms: Math.round(performance.now() - started) });
});
