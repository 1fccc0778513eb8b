import dynamic from "next/dynamic";
import { Figure } from "../figure";
import { count, duration } from "../format";
import { Panel } from "../panel";
import type { AdminOutput, FunnelFilter } from "../questions";
import type { AdminRange } from "../range";
import { type Column, csvOf, Table } from "../table";
import { chosen, useFunnel } from "./funnel";

const TimeChart = dynamic(() => import("../charts/time-chart"), { ssr: false });

type Step = AdminOutput["funnel"]["timeToVerify"]["histogram"][number] & { from: number };

const columns: Column<Step>[] = [
  {
    title: "From (s)",
    look: "number",
    value: ({ from }) => from,
  },
  {
    title: "To (s)",
    look: "number",
    value: ({ upToSeconds }) => upToSeconds,
    cell: (row) => row.upToSeconds ?? "more",
  },
  { title: "Verified", look: "number", value: (step) => step.count, cell: (step) => count(step.count) },
];

const stepsOf = ({ timeToVerify: { histogram } }: AdminOutput["funnel"]): Step[] =>
  histogram.map((step, at) => ({ ...step, from: histogram[at - 1]?.upToSeconds ?? 0 }));

/** How long people took from the request to the right code. */
export function TimeToVerify({ range, choice }: { range: AdminRange; choice: FunnelFilter }) {
  const query = useFunnel({ range, choice });
  return (
    <Panel
      title="Time to verify"
      about={range.words}
      query={query}
      choice={chosen(range, choice)}
      what="the times to verify"
      csv={{ name: "time-to-verify", of: (data) => csvOf(columns, stepsOf(data)) }}
    >
      {(data) => {
        const steps = stepsOf(data);
        const { p50Seconds, p95Seconds } = data.timeToVerify;
        return (
          <Figure
            says={`Times from asking to verifying; half within ${duration(p50Seconds)}, 95 % within ${duration(p95Seconds)}`}
            chart={
              <TimeChart
                steps={steps.map((step) => ({
                  within: step.upToSeconds === null ? "more" : duration(step.upToSeconds),
                  count: step.count,
                }))}
              />
            }
          >
            <Table
              caption="Time to verify"
              columns={columns}
              rows={steps}
              keyOf={({ from }) => from}
              empty="No code was verified."
            />
          </Figure>
        );
      }}
    </Panel>
  );
}
