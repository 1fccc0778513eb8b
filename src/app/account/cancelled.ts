const KEY = "latchkey-cancelled";

/** A change of address that its owner has cancelled while its code was under way. */
type Cancelled = { account: string; purpose: string; identifier: string };

/** Keeps it in this tab, so that a reload does not bring the change back: its code goes on working, if asked for. */
export function keepCancelled(cancelled: Cancelled): void {
  sessionStorage.setItem(`${KEY}-${cancelled.purpose}`, JSON.stringify(cancelled));
}

/** Whether this very change was cancelled. */
export function isCancelled(change: Cancelled): boolean {
  return sessionStorage.getItem(`${KEY}-${change.purpose}`) === JSON.stringify(change);
}

/** Once a code is asked for again, the change is under way again. */
export function dropCancelled(purpose: string): void {
  sessionStorage.removeItem(`${KEY}-${purpose}`);
}
