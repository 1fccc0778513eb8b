import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { PURPOSES } from "@/components/purposes";
import type { AppRouter } from "@/trpc/root";

export type Admin = inferRouterOutputs<AppRouter>["admin"];
type Asked = inferRouterInputs<AppRouter>["admin"];

/** What the funnel and its parts are narrowed to, as the address bar holds it. */
export type Choice = Pick<Asked["funnel"], "purpose" | "channel" | "accountType">;

/** What the funnel can be parted by, in words. */
export const BREAKDOWNS = {
  purpose: "Purpose",
  channel: "Channel",
  accountType: "Account type",
  mailDomain: "Mail domain",
  country: "Country",
} satisfies Record<Asked["breakdown"]["by"], string>;
export type Breakdown = keyof typeof BREAKDOWNS;

export const isBreakdown = (text: unknown): text is Breakdown =>
  typeof text === "string" && Object.hasOwn(BREAKDOWNS, text);

export const CHANNELS = [
  { value: "email", name: "Email" },
  { value: "sms", name: "SMS" },
] as const;

export const ACCOUNT_TYPES = [
  { value: "live", name: "Live" },
  { value: "demo", name: "Demo" },
] as const;

/** What requests per account may be counted over instead of 000's 24 hours. */
export const SHORTER = [
  { value: "1", name: "1 hour" },
  { value: "12", name: "12 hours" },
] as const;

/** The hours that the address bar counts requests over. */
export const hoursOf = (params: Record<string, unknown>): 1 | 12 | 24 =>
  params.hours === "1" ? 1 : params.hours === "12" ? 12 : 24;

/** Requests per account are asked for alike by the page and by its panel. */
export const requestsIn = (hours: 1 | 12 | 24, reveal = false): Asked["requestCounts"] => ({
  ...(hours !== 24 && { hours }),
  ...(reveal && { reveal }),
});

/** One of several values, or nothing. */
export function oneOf<T extends string>(choices: readonly { value: T }[], text: unknown): T | undefined {
  return choices.find(({ value }) => value === text)?.value;
}

/** Reads what the address bar narrows the funnel to; what is unknown there narrows nothing. */
export function choiceOf(params: Record<string, unknown>): Choice {
  const purpose = oneOf(PURPOSES, params.purpose);
  const channel = oneOf(CHANNELS, params.channel);
  const accountType = oneOf(ACCOUNT_TYPES, params.type);
  return { ...(purpose && { purpose }), ...(channel && { channel }), ...(accountType && { accountType }) };
}
