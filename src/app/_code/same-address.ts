import type { AccountAddress } from "./account-address";

type Asked = Pick<AccountAddress, "identifier"> & { accountType?: AccountAddress["accountType"] | undefined };

/**
 * Whether the code that lies with someone's address is the one that this browser has asked for: only then does the page
 * that takes it take that one.
 */
export function isSameChallenge(challenge: Asked | null, asked: Asked | undefined): boolean {
  if (!challenge || !asked) return false;
  return isSameAddress(challenge.identifier, asked.identifier) && challenge.accountType === asked.accountType;
}

/** Whether what was typed is this address, as the server keeps it; as far as a page can tell. */
export function isSameAddress(kept: string, typed: string): boolean {
  if (kept.includes("@")) return kept === typed.trim().normalize("NFC").toLowerCase();
  // A number may have been typed without its country code, or with the zeros that are dialled before.
  const digits = typed.normalize("NFKC").replace(/\D/g, "").replace(/^0+/, "");
  return !typed.includes("@") && digits.length >= SHORTEST && kept.endsWith(digits);
}

/** Fewer digits are no number. */
const SHORTEST = 5;
