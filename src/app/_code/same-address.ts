import type { AccountAddress } from "./account-address";

type Asked = Pick<AccountAddress, "identifier"> & { accountType?: AccountAddress["accountType"] | undefined };

/**
 * Whether this browser's open code is the one that was just asked for. Only then can the next page take it.
 */
export function isSameChallenge(challenge: Asked | null, asked: Asked | undefined): boolean {
  if (!challenge || !asked) return false;
  return isSameAddress(challenge.identifier, asked.identifier) && challenge.accountType === asked.accountType;
}

/** Whether the typed text is this canonical address, as far as the browser can tell. */
export function isSameAddress(kept: string, typed: string): boolean {
  if (kept.includes("@")) return kept === typed.trim().normalize("NFC").toLowerCase();
  // A number may be typed without its country code, or with leading zeros.
  const digits = typed.normalize("NFKC").replace(/\D/g, "").replace(/^0+/, "");
  return !typed.includes("@") && digits.length >= SHORTEST && kept.endsWith(digits);
}

/** A text with fewer digits is not a phone number. */
const SHORTEST = 5;
