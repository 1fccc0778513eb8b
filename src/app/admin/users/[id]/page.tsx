import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { problemOf } from "@/trpc/problem";
import { caller, lookAhead, siteConfig } from "@/trpc/server";
import { AdminFrame } from "../../admin-frame";
import { toCodes } from "../../links";
import { nextPage } from "../../paging";
import { isId } from "../../params";
import { requireAdmin } from "../../require-admin";
import { Person } from "./person";

export const metadata: Metadata = { title: "A person" };

/** One account: why could this person not sign in? */
export default async function PersonPage({ params }: PageProps<"/admin/users/[id]">) {
  const { id } = await params;
  if (!isId(id)) notFound();
  const { secondsLeft } = await requireAdmin(`/admin/users/${id}`);
  const { queries, trpc } = await lookAhead();
  const [person] = await Promise.all([
    queries.fetchQuery(trpc.admin.users.get.queryOptions({ id })).catch((error: unknown) => error),
    queries.prefetchQuery(trpc.admin.users.otpStats.queryOptions({ id })),
    queries.prefetchQuery(trpc.admin.users.otpHistory.queryOptions({ id })),
    queries.prefetchInfiniteQuery(trpc.admin.users.timeline.infiniteQueryOptions({ id }, nextPage)),
  ]);
  if (isMissing(person)) {
    // A demo account has no page, but the audit log links here.
    const { items } = await (await caller()).admin.codes.list({ demoUserId: id });
    if (items.length > 0) redirect(toCodes({ demo: id }));
    notFound();
  }
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin/users" secondsLeft={secondsLeft}>
      <HydrationBoundary state={dehydrate(queries)}>
        <Person id={id} />
      </HydrationBoundary>
    </AdminFrame>
  );
}

/** On the server a refusal is the error itself, not the client's error. */
const isMissing = (outcome: unknown) =>
  outcome instanceof Error &&
  ("code" in outcome ? outcome.code === "NOT_FOUND" : problemOf(outcome).reason === "NOT_FOUND");
