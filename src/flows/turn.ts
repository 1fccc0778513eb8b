import type { Turn } from "@/turns";
import type { Caller } from "./caller";

/**
 * Whose turn it is where bcrypt is queued for. A known device or a live session is known for its own account alone:
 * asking for another one's it is a stranger, or an attacker's own account would delay everybody's.
 * @param share the known device's share of the account that is asked for, null for the strangers'
 * @param account the account that is asked for, where it was looked up
 */
export function turnOf({ session, signal }: Caller, share: string | null, account: { id: string } | null): Turn {
  const isOwn = session !== null && session.accountId === account?.id;
  return { known: share ?? (isOwn ? session.id : null), signal };
}
