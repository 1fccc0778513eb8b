import { roll } from "@/analytics/roll";
import type { PanelKey } from "@/analytics/snapshots";
import { db } from "@/db/client";
import { log } from "@/log";
import { task } from "./task";

/**
 * What the second round of a minute leaves as it is: it reads an hour of the ledger, at 100 asks a second 360,000 rows,
 * and is a minute old at most all the same.
 */
export const NOT_TWICE_A_MINUTE: PanelKey[] = ["suspicious"];

/** Between the two rounds of a minute: with the round's own time, no number on the dashboard is a minute old. */
const HALF_MINUTE_MS = 30_000;

/** A round of the roll-up, twice a minute: cron knows minutes alone, so the first queues the second. */
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
