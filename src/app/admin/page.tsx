import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { memberOf } from "@/components/names";
import { lookAhead, siteConfig } from "@/trpc/server";
import { AdminFrame } from "./admin-frame";
import { Dashboard } from "./dashboard";
import { BREAKDOWNS, funnelFilter, hoursOf, requestsIn } from "./questions";
import { rangeOf } from "./range";
import { requestedPath, requireAdmin } from "./require-admin";

export const metadata: Metadata = { title: "Overview" };

/** The dashboard: whether codes arrive and work, who struggles, who attacks. */
export default async function AdminPage({ searchParams }: PageProps<"/admin">) {
  const params = await searchParams;
  const { secondsLeft } = await requireAdmin(requestedPath("/admin", params));
  const now = Date.now();
  const range = rangeOf(params, now);
  const choice = funnelFilter(params);
  const by = memberOf(BREAKDOWNS, params.by) ?? "purpose";
  const { queries, trpc } = await lookAhead();
  const { from, to } = range;
  // A query that fails here is run again by its panel, which can show the error.
  await Promise.all([
    queries.prefetchQuery(trpc.admin.overview.queryOptions()),
    queries.prefetchQuery(trpc.admin.funnel.queryOptions({ from, to, ...choice })),
    queries.prefetchQuery(trpc.admin.breakdown.queryOptions({ from, to, ...choice, by })),
    queries.prefetchQuery(trpc.admin.dailyStats.queryOptions({ days: range.days })),
    queries.prefetchQuery(trpc.admin.topUsers.queryOptions({ days: range.ranking })),
    queries.prefetchQuery(trpc.admin.requestCounts.queryOptions(requestsIn(hoursOf(params)))),
    queries.prefetchQuery(trpc.admin.failedAttempts.queryOptions({})),
    queries.prefetchQuery(trpc.admin.heldBack.queryOptions({ from, to })),
    queries.prefetchQuery(trpc.admin.suspicious.queryOptions()),
    queries.prefetchQuery(trpc.admin.users.list.queryOptions({ locked: true })),
    queries.prefetchQuery(trpc.admin.operations.queryOptions()),
    queries.prefetchQuery(trpc.admin.refusalCounts.queryOptions()),
  ]);
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin" secondsLeft={secondsLeft}>
      <HydrationBoundary state={dehydrate(queries)}>
        <Dashboard params={params} choice={choice} by={by} now={now} />
      </HydrationBoundary>
    </AdminFrame>
  );
}
