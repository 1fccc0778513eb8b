const KEY = "latchkey-draft";

type Draft = { account: string; change: string; text: string };

/** Keeps what was typed while its writer is away to prove who it is: in this tab alone, and never a password. */
export function keepDraft(draft: Draft): void {
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

/** What this account's owner had typed for this change; empty if nothing. */
export function readDraft(account: string, change: string): string {
  const kept = sessionStorage.getItem(KEY);
  if (!kept) return "";
  // We alone write it.
  const draft = JSON.parse(kept) as Draft;
  return draft.account === account && draft.change === change ? draft.text : "";
}

/** A draft is used once. */
export function dropDraft(): void {
  sessionStorage.removeItem(KEY);
}
