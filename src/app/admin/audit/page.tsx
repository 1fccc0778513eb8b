import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { lookAhead, siteConfig } from "@/trpc/server";
import { admit, pathOf } from "../admit";
import { Desk, Head } from "../desk";
import { Filters } from "../filters";
import { known, textOf } from "../params";
import { oneOf } from "../questions";
import { actionChoices } from "../tell";
import { nextPage } from "../use-rows";
import { AuditList } from "./audit-list";

export const metadata: Metadata = { title: "Audit" };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Who did what to which account. */
export default async function AuditPage({ searchParams }: PageProps<"/admin/audit">) {
  const params = await searchParams;
  await admit(pathOf("/admin/audit", params));
  const [account, actor] = [textOf(params, "account"), textOf(params, "actor")];
  const filter = known({
    accountId: account && UUID.test(account) ? account : undefined,
    actorId: actor && UUID.test(actor) ? actor : undefined,
    action: oneOf(actionChoices, params.action),
  });
  const { queries, trpc } = await lookAhead();
  await queries.prefetchInfiniteQuery(trpc.admin.auditLog.infiniteQueryOptions(filter, nextPage));
  return (
    <Desk appName={siteConfig().appName} here="/admin/audit">
      <Head title="Audit" note="Append-only. It holds ids and keyed digests, no addresses." />
      <Filters
        page="/admin/audit"
        params={params}
        filters={[
          { name: "action", label: "What happened", choices: actionChoices },
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
