/** An admin's idle hour, less the minute by which its activity is written down late. */
const IDLE_MS = 59 * 60_000;
/** So long before they close, the pages say so (ACC-05). */
const WARNS_MS = 5 * 60_000;

/** Times in milliseconds, by the browser's clock. */
type Known = {
  /** When the server last answered this page. */
  answered: number;
  /** When the older of an admin's two proofs is a day old. */
  dayEnds: number;
};

/** That the admin's pages close soon, or have closed, and what would keep them open: any question, or both proofs. */
export type Closing = { because: "idle" | "day"; at: number; isOver: boolean };

/** Whether the pages close soon. */
export function closingOf({ answered, dayEnds }: Known, now: number): Closing | null {
  const idleEnds = answered + IDLE_MS;
  const at = Math.min(idleEnds, dayEnds);
  if (now < at - WARNS_MS) return null;
  return { because: dayEnds <= idleEnds ? "day" : "idle", at, isOver: now >= at };
}
