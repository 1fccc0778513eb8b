const KEY = "latchkey-cancelled";

/** A change of address that was cancelled while its code was open. */
type Cancelled = { account: string; purpose: string; identifier: string };

/** Keeps it in this tab, so that a reload does not show the change again. Its code still works. */
export function keepCancelled(cancelled: Cancelled): void {
  sessionStorage.setItem(`${KEY}-${cancelled.purpose}`, JSON.stringify(cancelled));
}

/** Whether this change was cancelled. */
export function isCancelled(change: Cancelled): boolean {
  return sessionStorage.getItem(`${KEY}-${change.purpose}`) === JSON.stringify(change);
}

/** Forgets the cancellation, once a new code is asked for. */
export function dropCancelled(purpose: string): void {
  sessionStorage.removeItem(`${KEY}-${purpose}`);
}
