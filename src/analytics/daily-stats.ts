import type { Db } from "@/db/client";
import { readPanel } from "./snapshots";

/** One UTC day, as 000 asks for it. */
export type DailyStats = {
  date: string;
  totalOtps: number;
  verified: number;
  uniqueUsers: number;
  avgAttempts: number;
};

type Row = Omit<DailyStats, "avgAttempts"> & { attempts: number };

/** 000's daily OTP statistics: that many UTC calendar days with today, newest first, empty days included. */
export async function dailyStats(db: Db, days: number): Promise<DailyStats[]> {
  const { data } = await readPanel<Row[]>(db, "daily");
  return data.slice(0, days).map(({ attempts, ...row }) => ({ ...row, avgAttempts: average(attempts, row.totalOtps) }));
}

/** An average, to four digits, as 000's AVG shows it; 0 of nothing. */
export const average = (sum: number, count: number): number =>
  count === 0 ? 0 : Math.round((sum / count) * 1e4) / 1e4;
