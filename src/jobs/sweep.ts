import { forgetDaily, sweepHourly, sweepWeekly } from "@/flows/retention";
import { log } from "@/log";
import { task } from "./task";

/** A job that does its round and tells the counts in one line. */
const round = (name: string, run: () => Promise<Record<string, number>>) =>
  task(name, async () => {
    log().info({ event: name, ...(await run()) });
  });

/** What is past its time, by the hour, the day and the week (001). */
export const sweeps = {
  sweep: round("sweep", sweepHourly),
  forget: round("forget", forgetDaily),
  sweepTokens: round("sweepTokens", sweepWeekly),
};
