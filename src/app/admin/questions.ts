import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { CHANNELS } from "@/components/channels";
import { memberOf } from "@/components/names";
import { PURPOSES } from "@/components/purposes";
import type { AppRouter } from "@/trpc/root";

export type AdminOutput = inferRouterOutputs<AppRouter>["admin"];
type AdminInput = inferRouterInputs<AppRouter>["admin"];

/** The filter of the funnel and the comparison, kept in the page's address. */
export type FunnelFilter = Pick<AdminInput["funnel"], "purpose" | "channel" | "accountType">;

/** What the funnel can be grouped by. */
export const BREAKDOWNS = {
  purpose: "Purpose",
  channel: "Channel",
  accountType: "Account type",
  mailDomain: "Mail domain",
  country: "Country",
} satisfies Record<AdminInput["breakdown"]["by"], string>;
export type Breakdown = keyof typeof BREAKDOWNS;

/** The shorter times for requests per account, instead of 000's 24 hours. */
export const REQUEST_HOURS = { "1": "1 hour", "12": "12 hours" } as const;

/** The hours that requests are counted over, from the page's address. */
export const hoursOf = (params: Record<string, unknown>): 1 | 12 | 24 =>
  params.hours === "1" ? 1 : params.hours === "12" ? 12 : 24;

/** The input of requests per account. The page and its panel need the same one, to share a query. */
export const requestsIn = (hours: 1 | 12 | 24, reveal = false): AdminInput["requestCounts"] => ({
  ...(hours !== 24 && { hours }),
  ...(reveal && { reveal }),
});

/** Reads the funnel's filter from the page's address. Unknown values are ignored. */
export function funnelFilter(params: Record<string, unknown>): FunnelFilter {
  const purpose = memberOf(PURPOSES, params.purpose);
  const channel = memberOf(CHANNELS, params.channel);
  const accountType = memberOf(ACCOUNT_TYPES, params.type);
  return { ...(purpose && { purpose }), ...(channel && { channel }), ...(accountType && { accountType }) };
}
