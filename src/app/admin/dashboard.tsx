"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Zone } from "@/components/local-time";
import { useTRPC } from "@/trpc/client";
import { PageHead } from "./admin-frame";
import { utcTime } from "./format";
import panel from "./panel.module.css";
import { BreakdownPanel } from "./panels/breakdown";
import { Daily } from "./panels/daily";
import { FailedAttempts } from "./panels/failed-attempts";
import { FunnelPanel, FunnelTiles } from "./panels/funnel";
import { HeldBack } from "./panels/held-back";
import { Locked } from "./panels/locked";
import { OperationsPanel } from "./panels/operations";
import { OverviewTiles } from "./panels/overview";
import { RequestCounts, TopUsers } from "./panels/rankings";
import { Suspicious } from "./panels/suspicious";
import { TimeToVerify } from "./panels/time-to-verify";
import type { Params } from "./params";
import type { Breakdown, FunnelFilter } from "./questions";
import { rangeOf } from "./range";
import { RangePicker } from "./range-picker";
import { Reveal } from "./reveal";
import { useLive, useNow } from "./use-live";

type Props = {
  params: Params;
  choice: FunnelFilter;
  by: Breakdown;
  /** When the page was rendered, in milliseconds. */
  now: number;
};

/** All panels. They share one range and one filter, kept in the page's address. */
export function Dashboard({ params, choice, by, now: served }: Props) {
  const trpc = useTRPC();
  const now = useNow(served);
  const range = rangeOf(params, now);
  const [reveal, setReveal] = useState(false);
  const overview = useQuery({ ...trpc.admin.overview.queryOptions(), ...useLive() });
  const asOf = overview.data ? `As of ${utcTime(overview.data.asOf)} UTC. ` : "";
  return (
    <>
      <PageHead title={`Codes, ${range.words}`} note={`${asOf}Days are UTC.`}>
        <RangePicker range={range} params={params} />
      </PageHead>
      <FunnelTiles range={range} choice={choice} />
      <OverviewTiles query={overview} />
      <div className={panel.bar}>
        <p>
          Addresses are masked. Showing them is written to the audit log. <Zone />
        </p>
        <Reveal reveal={reveal} onChange={setReveal} />
      </div>
      <div className={panel.grid}>
        <Daily range={range} />
        <div className={panel.stack}>
          <Suspicious />
          <Locked reveal={reveal} />
          <HeldBack range={range} />
        </div>
        <FunnelPanel range={range} choice={choice} params={params} />
        <TimeToVerify range={range} choice={choice} />
        <BreakdownPanel range={range} choice={choice} by={by} params={params} />
        <TopUsers days={range.ranking} reveal={reveal} now={now} />
        <FailedAttempts reveal={reveal} />
        <RequestCounts reveal={reveal} now={now} params={params} />
        <OperationsPanel />
      </div>
    </>
  );
}
