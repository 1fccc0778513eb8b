import { useEffect, useState, useSyncExternalStore } from "react";

/** How often the dashboard queries again. */
const REFRESH_MS = 30_000;
/** After this time without a touch it stops: an open page must not keep an admin's session alive past its idle hour. */
const DOZES_MS = 10 * 60_000;

let lastTouch = Date.now();
let isAwake = true;
const listeners = new Set<() => void>();

function setAwake(awake: boolean) {
  if (isAwake === awake) return;
  isAwake = awake;
  for (const listener of listeners) listener();
}

function touch() {
  lastTouch = Date.now();
  setAwake(true);
}

const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel"] as const;

/** Watches for touches while there are listeners. */
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    touch();
    for (const event of TOUCHES) window.addEventListener(event, touch, { passive: true });
    watch = setInterval(() => setAwake(Date.now() - lastTouch < DOZES_MS), REFRESH_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    for (const event of TOUCHES) window.removeEventListener(event, touch);
    clearInterval(watch);
  };
}
let watch: ReturnType<typeof setInterval> | undefined;

/** Whether somebody is at the page. */
const useAwake = () =>
  useSyncExternalStore(
    subscribe,
    () => isAwake,
    () => true,
  );

/** Query options of a panel: a refresh every 30 seconds while somebody is there. */
export function useLive(): { refetchInterval: number | false } {
  return { refetchInterval: useAwake() && REFRESH_MS };
}

/**
 * The current time, updated every 30 seconds while somebody is there.
 * @param served when the page was rendered, in milliseconds
 */
export function useNow(served: number): number {
  const [now, setNow] = useState(served);
  const awake = useAwake();
  useEffect(() => {
    if (!awake) return;
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, [awake]);
  // A later rendering, with another range, starts from its own time.
  return Math.max(now, served);
}
