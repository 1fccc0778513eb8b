import type { Channel } from "@/db/channel";
import { type Env, env, type OtpSettings } from "@/env";
import type { Hash } from "./code";
import type { Store } from "./store";
import { emailOtps, otps, passcodes, passwordResetOtps, phoneOtps, signupOtps } from "./stores";

/** Why a code is asked for. A code for one purpose does not verify for another. */
export const purposes = [
  "sign-up",
  "verification",
  "sign-in",
  "password-reset",
  "email-change",
  "phone-change",
] as const;
export type Purpose = (typeof purposes)[number];

/** The rules of a purpose on a channel. */
export type Policy = OtpSettings & {
  purpose: Purpose;
  /** The stores that may hold a challenge. Verifying reads all of them in this order (002: `signup_otps` first). */
  stores: [Store, ...Store[]];
  hash: Hash;
};

/** 000: the most codes an hour for one subject, in each of two pots: recovery and all others. */
export const CODES_AN_HOUR = 5;
/** The wrong guesses in 24 hours for one subject, purpose and share, over all codes, before nothing is compared. */
export const GUESSES_A_DAY = 20;

/** The purposes whose code opens an account. Their wrong codes count together in a row (`limits/lockout.ts`). */
export const openers: readonly Purpose[] = ["sign-up", "verification", "sign-in", "password-reset"];

type Rules = [settings: keyof Env["otp"], stores: Policy["stores"], hash?: Hash];

const policies: Record<Purpose, Partial<Record<Channel, Rules>>> = {
  "sign-up": { email: ["signUp", [signupOtps, otps, emailOtps]], sms: ["phone", [phoneOtps]] },
  verification: { email: ["verification", [passcodes]] },
  "sign-in": { email: ["signIn", [emailOtps]], sms: ["phone", [phoneOtps]] },
  "password-reset": { email: ["passwordReset", [passwordResetOtps], "bcrypt"], sms: ["phone", [phoneOtps]] },
  "email-change": { email: ["emailChange", [emailOtps]] },
  "phone-change": { sms: ["phone", [phoneOtps]] },
};

/** The policy in force, with the operator's settings; null if the purpose does not use this channel. */
export function policyFor(purpose: Purpose, channel: Channel): Policy | null {
  const rules = policies[purpose][channel];
  if (!rules) return null;
  const [settings, stores, hash = "hmac"] = rules;
  return { purpose, stores, hash, ...env().otp[settings] };
}

/** The purposes that share the hourly cap. */
export function potOf(purpose: Purpose): Purpose[] {
  return purposes.filter((other) => (other === "password-reset") === (purpose === "password-reset"));
}
