import type { Db } from "@/db/client";
import { readPanel } from "./snapshots";

export type DailyStats = {
  date: string;
  totalOtps: number;
  verified: number;
  uniqueUsers: number;
  avgAttempts: number;
};

type Row = Omit<DailyStats, "avgAttempts"> & { attempts: number };

/** The last UTC days with today, newest first, with empty ones (000). */
export async function dailyStats(db: Db, days: number): Promise<DailyStats[]> {
  const { data } = await readPanel<Row[]>(db, "daily");
  return data.slice(0, days).map(({ attempts, ...row }) => ({ ...row, avgAttempts: average(attempts, row.totalOtps) }));
}

/** An average with four decimals, as 000's AVG shows it; 0 without values. */
export const average = (sum: number, count: number): number =>
  count === 0 ? 0 : Math.round((sum / count) * 1e4) / 1e4;
