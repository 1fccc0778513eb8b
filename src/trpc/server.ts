import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache } from "react";
import { env } from "@/env";
import { log } from "@/log";
import { createContext } from "./context";
import { makeQueryClient } from "./query-client";
import { appRouter, createCaller } from "./root";

// A page cannot set cookies: what a procedure would answer with is dropped here.
const pageContext = cache(async () => createContext(await headers(), new Headers(), null));

/** Calls procedures while a page renders, as the person who asked for it. */
export const caller = cache(async () => createCaller(await pageContext()));

/** Queries that a page looks up ahead for its client half, as the person who asked for it; the page hydrates them. */
export const lookAhead = cache(async () => {
  const queries = makeQueryClient();
  const trpc = createTRPCOptionsProxy({ ctx: await pageContext(), router: appRouter, queryClient: queries });
  return { queries, trpc };
});

/** Writes down that a page is not for whoever asked for it: the door sees no more of it than a page that is not there. */
export async function tellRefused(path: string): Promise<void> {
  const context = await pageContext();
  const { ipAddress: ip, session } = await context.caller();
  const { requestId } = context;
  log().warn(
    { event: "request.refused", requestId, path, ip, reasons: ["FORBIDDEN"], account: session?.accountId },
    "page",
  );
}

/** The settings a page shows. */
export function siteConfig() {
  const { appName, supportEmail, mail, smsCountries, passwordMinLength } = env();
  return { appName, supportEmail, inbox: mail === "inbox", sms: smsCountries.length > 0, passwordMinLength };
}
