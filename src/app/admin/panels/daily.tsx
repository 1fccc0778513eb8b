import { keepPreviousData, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useTRPC } from "@/trpc/client";
import { Figure } from "../figure";
import { average, count } from "../format";
import { toCodes } from "../links";
import { Panel } from "../panel";
import type { AdminOutput } from "../questions";
import type { AdminRange } from "../range";
import { type Column, csvOf, Table } from "../table";
import { useLive } from "../use-live";

// The chart library has a hundred kilobytes. Only this page loads it.
const DailyChart = dynamic(() => import("../charts/daily-chart"), { ssr: false });

type Day = AdminOutput["dailyStats"][number];

const dayAfter = (date: string) => new Date(Date.parse(date) + 86_400_000).toISOString();
const day = ({ date }: Day) => ({ from: `${date}T00:00:00.000Z`, to: dayAfter(date) });

export const dailyColumns: Column<Day>[] = [
  { title: "Day", value: ({ date }) => date, look: "mono" },
  {
    title: "Asked for",
    look: "number",
    value: ({ totalOtps }) => totalOtps,
    cell: (row) => <Link href={toCodes(day(row))}>{count(row.totalOtps)}</Link>,
  },
  {
    title: "Verified",
    look: "number",
    value: ({ verified }) => verified,
    cell: (row) => <Link href={toCodes({ ...day(row), verified: "yes" })}>{count(row.verified)}</Link>,
  },
  { title: "People", look: "number", value: ({ uniqueUsers }) => uniqueUsers, cell: (row) => count(row.uniqueUsers) },
  {
    title: "Tries a code",
    look: "number",
    value: ({ avgAttempts }) => avgAttempts,
    cell: (row) => average(row.avgAttempts),
  },
];

/** 000's daily statistics for the days of the range. */
export function Daily({ range: { words, days, firstDay, lastDay } }: { range: AdminRange }) {
  const trpc = useTRPC();
  const options = trpc.admin.dailyStats.queryOptions({ days });
  const query = useQuery({ ...options, ...useLive(), placeholderData: keepPreviousData });
  const within = (rows: Day[]) => rows.filter(({ date }) => date >= firstDay && date <= lastDay);
  return (
    <Panel
      title="Daily statistics"
      about="asked for, and verified of them"
      query={query}
      choice={words}
      what="the daily statistics"
      wide
      sql={{ panel: "dailyStats", days }}
      csv={{ name: "daily-statistics", of: (data) => csvOf(dailyColumns, within(data)) }}
    >
      {(data) => {
        const rows = within(data);
        return (
          <Figure
            says={`Codes asked for and verified by day, ${firstDay} to ${lastDay}`}
            chart={<DailyChart days={rows.toReversed()} />}
          >
            <Table
              caption="Daily statistics"
              columns={dailyColumns}
              rows={rows}
              keyOf={({ date }) => date}
              empty="These days are longer ago than the daily statistics go back (90 days)."
            />
          </Figure>
        );
      }}
    </Panel>
  );
}
