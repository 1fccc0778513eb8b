import { roll } from "@/analytics/roll";
import { db } from "@/db/client";
import { log } from "@/log";
import { task } from "./task";

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
  const { rows } = await roll(db());
  log().debug({ event: "rollup", rows, ms: Math.round(performance.now() - started) });
});
