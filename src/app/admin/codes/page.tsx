import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { PURPOSES } from "@/components/purposes";
import { lookAhead, siteConfig } from "@/trpc/server";
import { admit, pathOf } from "../admit";
import { Desk, Head } from "../desk";
import { Filters } from "../filters";
import { YES_NO } from "../params";
import { CHANNELS } from "../questions";
import { HELD_CHOICES } from "../tell";
import { nextPage } from "../use-rows";
import { CodeList } from "./code-list";
import { codeFilter } from "./filter";

export const metadata: Metadata = { title: "Codes" };

/** The ledger: every code ever asked for, narrowed to the rows behind any number. */
export default async function CodesPage({ searchParams }: PageProps<"/admin/codes">) {
  const params = await searchParams;
  const { secondsLeft } = await admit(pathOf("/admin/codes", params));
  const filter = codeFilter(params);
  const { queries, trpc } = await lookAhead();
  await queries.prefetchInfiniteQuery(trpc.admin.codes.list.infiniteQueryOptions(filter, nextPage));
  return (
    <Desk appName={siteConfig().appName} here="/admin/codes" secondsLeft={secondsLeft}>
      <Head title="Codes" note="Every code ever asked for, real or decoy. The codes themselves are nowhere." />
      <Filters
        page="/admin/codes"
        params={params}
        filters={[
          { name: "who", label: "Email, phone number or IP address" },
          { name: "purpose", label: "For", choices: PURPOSES },
          { name: "channel", label: "By", choices: CHANNELS },
          { name: "verified", label: "Verified", choices: YES_NO },
          { name: "held", label: "Held back by", choices: HELD_CHOICES },
        ]}
      />
      <HydrationBoundary state={dehydrate(queries)}>
        <CodeList key={JSON.stringify(filter)} filter={filter} now={Date.now()} />
      </HydrationBoundary>
    </Desk>
  );
}
