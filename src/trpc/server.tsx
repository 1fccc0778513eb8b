import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { env } from "@/env";
import { createContext } from "./context";
import { makeQueryClient } from "./query-client";
import { appRouter, createCaller } from "./root";

// A page cannot set cookies: what a procedure would answer with is dropped here.
const pageContext = cache(async () => createContext(await headers(), new Headers()));

/** Calls procedures while a page renders, as the person who asked for it. */
export const caller = cache(async () => createCaller(await pageContext()));

export const getQueryClient = cache(makeQueryClient);

/** The procedures' query options, for prefetching on the server what the browser goes on with. */
export const trpc = createTRPCOptionsProxy({ ctx: pageContext, router: appRouter, queryClient: getQueryClient });

/** Hands what was fetched on the server to the components below. */
export function HydrateClient({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>;
}

/** The settings a page shows. */
export function siteConfig() {
  const { appName, supportEmail, mail, passwordMinLength } = env();
  return { appName, supportEmail, inbox: mail === "inbox", passwordMinLength };
}
