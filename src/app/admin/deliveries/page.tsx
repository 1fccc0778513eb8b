import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { CHANNELS } from "@/components/channels";
import { choicesOf, memberOf } from "@/components/names";
import { lookAhead, siteConfig } from "@/trpc/server";
import { AdminFrame, PageHead } from "../admin-frame";
import { Filters } from "../filters";
import { nextPage } from "../paging";
import { instantOf, withoutUndefined } from "../params";
import { requestedPath, requireAdmin } from "../require-admin";
import { DeliveryList } from "./delivery-list";
import { STATES } from "./states";

export const metadata: Metadata = { title: "Deliveries" };

/** Every message and its outcome, never its content. */
export default async function DeliveriesPage({ searchParams }: PageProps<"/admin/deliveries">) {
  const params = await searchParams;
  const { secondsLeft } = await requireAdmin(requestedPath("/admin/deliveries", params));
  const filter = withoutUndefined({
    state: memberOf(STATES, params.state),
    channel: memberOf(CHANNELS, params.channel),
    from: instantOf(params, "from"),
  });
  const { queries, trpc } = await lookAhead();
  await queries.prefetchInfiniteQuery(trpc.admin.deliveries.infiniteQueryOptions(filter, nextPage));
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin/deliveries" secondsLeft={secondsLeft}>
      <PageHead
        title="Deliveries"
        note="Messages and what became of them. What they said is erased once they are sent."
      />
      <Filters
        page="/admin/deliveries"
        params={params}
        filters={[
          { name: "state", label: "State", choices: choicesOf(STATES) },
          { name: "channel", label: "By", choices: choicesOf(CHANNELS) },
        ]}
      />
      <HydrationBoundary state={dehydrate(queries)}>
        <DeliveryList key={JSON.stringify(filter)} filter={filter} />
      </HydrationBoundary>
    </AdminFrame>
  );
}
