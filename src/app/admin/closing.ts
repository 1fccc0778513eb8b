/** An admin's idle hour, less the minute by which activity is recorded late. */
const IDLE_MS = 59 * 60_000;
/** How long before they close the pages warn (ACC-05). */
const WARNS_MS = 5 * 60_000;

/** Times in milliseconds, by the browser's clock. */
type Known = {
  /** When the server last answered this page. */
  answered: number;
  /** When the older of an admin's two proofs is a day old. */
  dayEnds: number;
};

/**
 * The admin pages close soon or have closed. Before an idle hour ends, any request keeps them open. Before the day ends,
 * only both proofs do.
 */
export type Closing = { because: "idle" | "day"; at: number; isOver: boolean };

/** When and why the pages close; null if not soon. */
export function closingOf({ answered, dayEnds }: Known, now: number): Closing | null {
  const idleEnds = answered + IDLE_MS;
  const at = Math.min(idleEnds, dayEnds);
  if (now < at - WARNS_MS) return null;
  return { because: dayEnds <= idleEnds ? "day" : "idle", at, isOver: now >= at };
}
