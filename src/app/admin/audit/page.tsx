import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { choicesOf, memberOf } from "@/components/names";
import { lookAhead, siteConfig } from "@/trpc/server";
import { ACTIONS } from "../action-names";
import { AdminFrame, PageHead } from "../admin-frame";
import { Filters } from "../filters";
import { nextPage } from "../paging";
import { idOf, withoutUndefined } from "../params";
import { requestedPath, requireAdmin } from "../require-admin";
import { AuditList } from "./audit-list";

export const metadata: Metadata = { title: "Audit" };

/** Who did what to which account. */
export default async function AuditPage({ searchParams }: PageProps<"/admin/audit">) {
  const params = await searchParams;
  const { secondsLeft } = await requireAdmin(requestedPath("/admin/audit", params));
  const filter = withoutUndefined({
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
    <AdminFrame appName={siteConfig().appName} here="/admin/audit" secondsLeft={secondsLeft}>
      <PageHead
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
    </AdminFrame>
  );
}
