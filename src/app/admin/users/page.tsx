import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import type { Metadata } from "next";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { choicesOf } from "@/components/names";
import { lookAhead, siteConfig } from "@/trpc/server";
import { AdminFrame, PageHead } from "../admin-frame";
import { Filters } from "../filters";
import { nextPage } from "../paging";
import { YES_NO } from "../params";
import { requestedPath, requireAdmin } from "../require-admin";
import { AddressStory } from "./address-story";
import { ROLES, STATES, userFilter } from "./filter";
import { Invite } from "./invite";
import { UserList } from "./user-list";

export const metadata: Metadata = { title: "People" };

/** Search for accounts, and the story of an address with or without an account. */
export default async function UsersPage({ searchParams }: PageProps<"/admin/users">) {
  const params = await searchParams;
  const { secondsLeft } = await requireAdmin(requestedPath("/admin/users", params));
  const filter = userFilter(params);
  const { queries, trpc } = await lookAhead();
  await queries.prefetchInfiniteQuery(trpc.admin.users.list.infiniteQueryOptions(filter, nextPage));
  return (
    <AdminFrame appName={siteConfig().appName} here="/admin/users" secondsLeft={secondsLeft}>
      <PageHead title="People" note="Paste an address that has no account, and its story is told all the same." />
      <Filters
        page="/admin/users"
        params={params}
        filters={[
          { name: "query", label: "Name, email, phone number or #number" },
          { name: "state", label: "State", choices: choicesOf(STATES) },
          { name: "role", label: "Role", choices: choicesOf(ROLES) },
          { name: "locked", label: "Locked", choices: choicesOf(YES_NO) },
          { name: "type", label: "Account type", choices: choicesOf(ACCOUNT_TYPES) },
        ]}
      />
      <HydrationBoundary state={dehydrate(queries)}>
        <UserList key={JSON.stringify(filter)} filter={filter} />
        {filter.query && /@|^\+?[\d\s()./-]{7,}$/.test(filter.query) ? <AddressStory address={filter.query} /> : null}
        <Invite />
      </HydrationBoundary>
    </AdminFrame>
  );
}
