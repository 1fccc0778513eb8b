import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { CHANNELS } from "@/components/channels";
import { memberOf } from "@/components/names";
import { PURPOSES } from "@/components/purposes";
import type { AppRouter } from "@/trpc/root";

export type AdminOutput = inferRouterOutputs<AppRouter>["admin"];
type AdminInput = inferRouterInputs<AppRouter>["admin"];

/** What the funnel and its parts are narrowed to, as the address bar holds it. */
export type FunnelFilter = Pick<AdminInput["funnel"], "purpose" | "channel" | "accountType">;

/** What the funnel can be parted by, in words. */
export const BREAKDOWNS = {
  purpose: "Purpose",
  channel: "Channel",
  accountType: "Account type",
  mailDomain: "Mail domain",
  country: "Country",
} satisfies Record<AdminInput["breakdown"]["by"], string>;
export type Breakdown = keyof typeof BREAKDOWNS;

/** What requests per account may be counted over instead of 000's 24 hours. */
export const REQUEST_HOURS = { "1": "1 hour", "12": "12 hours" } as const;

/** The hours that the address bar counts requests over. */
export const hoursOf = (params: Record<string, unknown>): 1 | 12 | 24 =>
  params.hours === "1" ? 1 : params.hours === "12" ? 12 : 24;

/** Requests per account are asked for alike by the page and by its panel. */
export const requestsIn = (hours: 1 | 12 | 24, reveal = false): AdminInput["requestCounts"] => ({
  ...(hours !== 24 && { hours }),
  ...(reveal && { reveal }),
});

/** Reads what the address bar narrows the funnel to; what is unknown there narrows nothing. */
export function funnelFilter(params: Record<string, unknown>): FunnelFilter {
  const purpose = memberOf(PURPOSES, params.purpose);
  const channel = memberOf(CHANNELS, params.channel);
  const accountType = memberOf(ACCOUNT_TYPES, params.type);
  return { ...(purpose && { purpose }), ...(channel && { channel }), ...(accountType && { accountType }) };
}
