import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { axis, grid, short, tooltip } from "./axes";

/** How many codes were verified within each step of time. */
export default function TimeChart({ steps }: { steps: { within: string; count: number }[] }) {
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart
        data={steps}
        margin={{ top: 12, right: 0, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        barCategoryGap={2}
      >
        <CartesianGrid {...grid} />
        <XAxis {...axis} dataKey="within" minTickGap={20} />
        <YAxis {...axis} axisLine={false} width={40} tickFormatter={short} allowDecimals={false} />
        <Tooltip {...tooltip} labelFormatter={(within) => <>Within {within}</>} />
        <Bar dataKey="count" name="Verified" fill="var(--brass-chart)" isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}
