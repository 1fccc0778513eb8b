import type { inferRouterInputs } from "@trpc/server";
import { ACCOUNT_TYPES } from "@/components/account-types";
import { CHANNELS } from "@/components/channels";
import { memberOf } from "@/components/names";
import { PURPOSES } from "@/components/purposes";
import type { AppRouter } from "@/trpc/root";
import { HELD_BACK_BY } from "../held-back-words";
import { idOf, instantOf, onlyYes, type Params, textOf, withoutUndefined, yesNo } from "../params";

export type CodeFilter = Omit<
  Extract<inferRouterInputs<AppRouter>["admin"]["codes"]["list"], object>,
  "cursor" | "reveal"
>;

/** Reads the filter from the page's address. "who" can be an IP address, an email or a phone number. */
export function codeFilter(params: Params): CodeFilter {
  const who = textOf(params, "who");
  const isIp = who !== undefined && /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/i.test(who);
  const min = Number(textOf(params, "min"));
  const block = textOf(params, "block");
  return withoutUndefined({
    userId: idOf(params, "user"),
    demoUserId: idOf(params, "demo"),
    address: isIp ? undefined : who,
    ipAddress: isIp ? who : textOf(params, "ip"),
    block: block && /^\+\d{1,7}$/.test(block) ? block : undefined,
    purpose: memberOf(PURPOSES, params.purpose),
    channel: memberOf(CHANNELS, params.channel),
    accountType: memberOf(ACCOUNT_TYPES, params.type),
    verified: yesNo(params, "verified"),
    pending: onlyYes(params, "pending"),
    sent: onlyYes(params, "sent"),
    replaced: onlyYes(params, "replaced"),
    wrong: onlyYes(params, "wrong"),
    held: memberOf(HELD_BACK_BY, params.held),
    signupOtps: onlyYes(params, "signup"),
    minAttempts: min >= 1 && min <= 1000 ? Math.floor(min) : undefined,
    country: textOf(params, "country")?.slice(0, 2),
    mailDomain: textOf(params, "domain")?.slice(0, 255),
    from: instantOf(params, "from"),
    to: instantOf(params, "to"),
  });
}
