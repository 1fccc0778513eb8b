import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { choicesOf, memberOf } from "@/components/names";
import { lookAhead, siteConfig } from "@/trpc/server";
import { ACTIONS } from "../action-names";
import { admit, pathOf } from "../admit";
import { Desk, Head } from "../desk";
import { Filters } from "../filters";
import { idOf, known } from "../params";
import { nextPage } from "../use-rows";
import { AuditList } from "./audit-list";

export const metadata: Metadata = { title: "Audit" };

/** Who did what to which account. */
export default async function AuditPage({ searchParams }: PageProps<"/admin/audit">) {
  const params = await searchParams;
  const { secondsLeft } = await admit(pathOf("/admin/audit", params));
  const filter = known({
    accountId: idOf(params, "account"),
    actorId: idOf(params, "actor"),
    action: memberOf(ACTIONS, params.action),
  });
  const { queries, trpc } = await lookAhead();
  await Promise.all([
    queries.prefetchInfiniteQuery(trpc.admin.auditLog.infiniteQueryOptions(filter, nextPage)),
    queries.prefetchQuery(trpc.admin.refusalCounts.queryOptions()),
  ]);
  return (
    <Desk appName={siteConfig().appName} here="/admin/audit" secondsLeft={secondsLeft}>
      <Head
        title="Audit"
        note="Append-only. It holds ids and keyed digests, no addresses; names are the accounts’ as they are now."
      />
      <Filters
        page="/admin/audit"
        params={params}
        filters={[
          { name: "action", label: "What happened", choices: choicesOf(ACTIONS) },
          { name: "account", label: "Account (id)" },
          { name: "actor", label: "By (id)" },
        ]}
      />
      <HydrationBoundary state={dehydrate(queries)}>
        <AuditList key={JSON.stringify(filter)} filter={filter} />
      </HydrationBoundary>
    </Desk>
  );
}
