import type { AccountAddress } from "../_code/account-address";

/** What a proven reset code earned, on its way to the page that sets the password. */
export type EarnedReset = AccountAddress & { resetToken: string };

let earned: EarnedReset | null = null;

/**
 * Hands a reset token from one page of ours to the next, in memory alone: neither the address bar nor the browser's
 * storage ever holds it, and a reload forgets it.
 */
export const keepReset = (reset: EarnedReset): void => {
  earned = reset;
};

/** Looks at what was handed over. */
export const readReset = (): EarnedReset | null => earned;

/** Forgets it, once it is spent. */
export const forgetReset = (): void => {
  earned = null;
};
