import { forgetDaily, sweepHourly, sweepWeekly } from "@/flows/retention";
import { RoundFault } from "@/flows/round";
import { log } from "@/log";
import { task } from "./task";

/**
 * A job that runs its round and logs the counts in one line. The faults of a step are logged once, with their number;
 * the round's own line is then an error that names the steps. The job still succeeds: the next round does the rest. A
 * retry by the queue would repeat the whole round, up to 25 times for one row that cannot be deleted.
 */
const round = (name: string, run: () => Promise<Record<string, number>>) =>
  task(name, async () => {
    try {
      log().info({ event: name, ...(await run()) });
    } catch (fault) {
      if (!(fault instanceof RoundFault)) throw fault;
      for (const { step, times, first } of fault.faults)
        log().error({ event: "sweep.fault", task: name, step, times, err: first });
      log().error({ event: name, ...fault.counts, failed: fault.faults.map(({ step }) => step) });
    }
  });

/** The sweeps of the hour, the day and the week (001). */
export const sweeps = {
  sweep: round("sweep", sweepHourly),
  forget: round("forget", forgetDaily),
  sweepTokens: round("sweepTokens", sweepWeekly),
};
