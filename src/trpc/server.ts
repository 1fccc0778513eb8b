import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache } from "react";
import { env } from "@/env";
import { log } from "@/log";
import { createContext } from "./context";
import { makeQueryClient } from "./query-client";
import { appRouter, createCaller } from "./root";

// A page cannot set cookies.
const pageContext = cache(async () => createContext(await headers(), new Headers(), null));

/** Calls procedures for a page, with the visitor's session. */
export const caller = cache(async () => createCaller(await pageContext()));

/** Runs a page's queries ahead, for its client half to hydrate. */
export const lookAhead = cache(async () => {
  const queries = makeQueryClient();
  const trpc = createTRPCOptionsProxy({ ctx: await pageContext(), router: appRouter, queryClient: queries });
  return { queries, trpc };
});

/** Logs a refused page. In the front door's log it looks like a missing one. */
export async function tellRefused(path: string): Promise<void> {
  const context = await pageContext();
  const { ipAddress: ip, session } = await context.caller();
  const { requestId } = context;
  log().warn(
    { event: "request.refused", requestId, path, ip, reasons: ["FORBIDDEN"], account: session?.accountId },
    "page",
  );
}

/** The settings that pages show. */
export function siteConfig() {
  const { appName, supportEmail, mail, smsCountries, passwordMinLength } = env();
  return { appName, supportEmail, inbox: mail === "inbox", sms: smsCountries.length > 0, passwordMinLength };
}
