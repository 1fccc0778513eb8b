import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { AdminOutput } from "../questions";
import { axis, grid, short, tooltip } from "./axes";

const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: "UTC" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** Codes by day, the oldest first: the verified ones, and on top of them the others. */
export default function DailyChart({ days }: { days: AdminOutput["dailyStats"] }) {
  const bars = days.map(({ date, totalOtps, verified }) => ({ date, verified, rest: totalOtps - verified }));
  const label = days.length <= 8 ? weekday : dayMonth;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart data={bars} margin={{ top: 12, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid {...grid} />
        <XAxis {...axis} dataKey="date" tickFormatter={(date) => label.format(new Date(date))} minTickGap={16} />
        <YAxis {...axis} axisLine={false} width={40} tickFormatter={short} allowDecimals={false} />
        <Tooltip {...tooltip} />
        <Bar dataKey="verified" name="Verified" stackId="codes" fill="var(--brass-chart)" isAnimationActive={false} />
        <Bar
          dataKey="rest"
          name="Not verified"
          stackId="codes"
          fill="var(--brass-soft)"
          stroke="var(--brass-chart)"
          isAnimationActive={false}
        />
      </BarChart>
    </ResponsiveContainer>
  );
}
