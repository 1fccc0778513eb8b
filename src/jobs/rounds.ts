import { forgetDaily, sweepHourly, sweepWeekly } from "@/flows/retention";
import { RoundFault } from "@/flows/round";
import { log } from "@/log";
import { task } from "./task";

/**
 * A job that does its round and tells the counts in one line. Where steps met faults, each is told once with their
 * number, and the round's own line is an error that names them. The job has ended all the same: what is left is the next
 * round's, and the queue's retries would do the whole round again, up to 25 times for one row that cannot be deleted.
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

/** What is past its time, by the hour, the day and the week (001). */
export const sweeps = {
  sweep: round("sweep", sweepHourly),
  forget: round("forget", forgetDaily),
  sweepTokens: round("sweepTokens", sweepWeekly),
};
