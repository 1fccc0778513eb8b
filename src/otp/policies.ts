import { env, type OtpSettings } from "@/env";
import type { Store } from "./store";
import { otps, signupOtps } from "./stores";
import type { Channel } from "./subject";

/** Why a code is asked for. The ledger keeps it; a code for one purpose is worth nothing for another. */
export type Purpose = "sign-up";

/** The rules of a purpose on a channel. */
export type Policy = OtpSettings & {
  /** Where a challenge may lie. Verifying looks into all of them, in this order (002: `signup_otps` first). */
  stores: [Store, ...Store[]];
  /** Codes of all purposes in one pot count together against the hourly cap. */
  pot: "recovery" | "rest";
};

/** 000: at most 5 codes an hour for one subject, here in each of two pots. */
export const CODES_AN_HOUR = 5;

type Rules = Omit<Policy, keyof OtpSettings> & { settings: "signUp" | "phone" };

const policies: Record<Purpose, Partial<Record<Channel, Rules>>> = {
  "sign-up": { email: { settings: "signUp", stores: [signupOtps, otps], pot: "rest" } },
};

/** The policy in force, with the operator's settings; null where the purpose has no such channel. */
export function policyFor(purpose: Purpose, channel: Channel): Policy | null {
  const rules = policies[purpose][channel];
  return rules ? { ...rules, ...env().otp[rules.settings] } : null;
}

/** The purposes that share a pot. */
export function purposesOf(pot: Policy["pot"]): Purpose[] {
  // `Object.keys` forgets the key type of a literal record.
  const purposes = Object.keys(policies) as Purpose[];
  return purposes.filter((purpose) => Object.values(policies[purpose]).some((rules) => rules.pot === pot));
}
