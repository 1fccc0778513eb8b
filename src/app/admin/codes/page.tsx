import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { CHANNELS } from "@/components/channels";
import { choicesOf } from "@/components/names";
import { PURPOSES } from "@/components/purposes";
import { lookAhead, siteConfig } from "@/trpc/server";
import { AdminFrame, PageHead } from "../admin-frame";
import { Filters } from "../filters";
import { HELD_BACK_BY } from "../held-back-words";
import { nextPage } from "../paging";
import { YES_NO } from "../params";
import { requestedPath, requireAdmin } from "../require-admin";
import { CodeList } from "./code-list";
import { codeFilter } from "./filter";

export const metadata: Metadata = { title: "Codes" };

/** The ledger: every code ever asked for, narrowed to the rows behind any number. */
export default async function CodesPage({ searchParams }: PageProps<"/admin/codes">) {
  const params = await searchParams;
  const { secondsLeft } = await requireAdmin(requestedPath("/admin/codes", params));
  const filter = codeFilter(params);
  const { queries, trpc } = await lookAhead();
  await queries.prefetchInfiniteQuery(trpc.admin.codes.list.infiniteQueryOptions(filter, nextPage));
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin/codes" secondsLeft={secondsLeft}>
      <PageHead title="Codes" note="Every code ever asked for, real or decoy. The codes themselves are nowhere." />
      <Filters
        page="/admin/codes"
        params={params}
        filters={[
          { name: "who", label: "Email, phone number or IP address" },
          { name: "purpose", label: "For", choices: choicesOf(PURPOSES) },
          { name: "channel", label: "By", choices: choicesOf(CHANNELS) },
          { name: "verified", label: "Verified", choices: choicesOf(YES_NO) },
          { name: "held", label: "Held back by", choices: choicesOf(HELD_BACK_BY) },
        ]}
      />
      <HydrationBoundary state={dehydrate(queries)}>
        <CodeList key={JSON.stringify(filter)} filter={filter} now={Date.now()} />
      </HydrationBoundary>
    </AdminFrame>
  );
}
