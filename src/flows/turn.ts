import type { Session } from "@/accounts/sessions";
import type { Turn } from "@/turns";
import type { Caller } from "./caller";

/** The caller's session if it is of this account, else null. */
export function ownSession({ session }: Caller, account: { id: string } | null): Session | null {
  return session !== null && session.accountId === account?.id ? session : null;
}

/**
 * The caller's turn at bcrypt. A known device or a live session is known only for its own account. At another
 * account it is a stranger: otherwise an attacker's own account would delay everybody else.
 * @param share the known device's share of the account that is asked for, null for the strangers'
 * @param account the account that is asked for, if it was looked up
 */
export function turnOf(from: Caller, share: string | null, account: { id: string } | null): Turn {
  return { known: share ?? ownSession(from, account)?.id ?? null, signal: from.signal };
}
