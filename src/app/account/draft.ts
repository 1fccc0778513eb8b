const KEY = "latchkey-draft";

type Draft = { account: string; change: string; text: string };

/** Keeps typed text during a step-up. It stays in this tab, and is never a password. */
export function keepDraft(draft: Draft): void {
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

/** The text that this account's owner typed for this change; empty if none. */
export function readDraft(account: string, change: string): string {
  const kept = sessionStorage.getItem(KEY);
  if (!kept) return "";
  // Only `keepDraft` writes it.
  const draft = JSON.parse(kept) as Draft;
  return draft.account === account && draft.change === change ? draft.text : "";
}

/** A draft is used once. */
export function dropDraft(): void {
  sessionStorage.removeItem(KEY);
}
