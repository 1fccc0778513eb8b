import type { AccountAddress } from "../_code/account-address";

/** The reset token that a right code earned, for the page that sets the password. */
export type EarnedReset = AccountAddress & { resetToken: string };

let earned: EarnedReset | null = null;

/**
 * Keeps a reset token for the next page, in memory only: the page's address and the browser's storage never hold it, and
 * a reload forgets it.
 */
export const keepReset = (reset: EarnedReset): void => {
  earned = reset;
};

/** The kept reset token, if any. */
export const readReset = (): EarnedReset | null => earned;

/** Forgets it, once it is spent. */
export const forgetReset = (): void => {
  earned = null;
};
