import type { inferRouterInputs } from "@trpc/server";
import { PURPOSES } from "@/components/purposes";
import type { AppRouter } from "@/trpc/root";
import { idOf, instantOf, known, onlyYes, type Params, textOf, yesNo } from "../params";
import { ACCOUNT_TYPES, CHANNELS, oneOf } from "../questions";
import { HELD_CHOICES } from "../tell";

export type CodeFilter = Omit<
  Extract<inferRouterInputs<AppRouter>["admin"]["codes"]["list"], object>,
  "cursor" | "reveal"
>;

/** Reads what the address bar asks for. Whatever was typed as "who" is an IP address, or an email or a number. */
export function codeFilter(params: Params): CodeFilter {
  const who = textOf(params, "who");
  const isIp = who !== undefined && /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/i.test(who);
  const min = Number(textOf(params, "min"));
  const block = textOf(params, "block");
  return known({
    userId: idOf(params, "user"),
    demoUserId: idOf(params, "demo"),
    address: isIp ? undefined : who,
    ipAddress: isIp ? who : textOf(params, "ip"),
    block: block && /^\+\d{1,7}$/.test(block) ? block : undefined,
    purpose: oneOf(PURPOSES, params.purpose),
    channel: oneOf(CHANNELS, params.channel),
    accountType: oneOf(ACCOUNT_TYPES, params.type),
    verified: yesNo(params, "verified"),
    pending: onlyYes(params, "pending"),
    sent: onlyYes(params, "sent"),
    replaced: onlyYes(params, "replaced"),
    wrong: onlyYes(params, "wrong"),
    held: oneOf(HELD_CHOICES, params.held),
    signupOtps: onlyYes(params, "signup"),
    minAttempts: min >= 1 && min <= 1000 ? Math.floor(min) : undefined,
    country: textOf(params, "country")?.slice(0, 2),
    mailDomain: textOf(params, "domain")?.slice(0, 255),
    from: instantOf(params, "from"),
    to: instantOf(params, "to"),
  });
}
