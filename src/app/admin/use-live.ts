import { useEffect, useState, useSyncExternalStore } from "react";

/** How often the dashboard asks anew. */
const REFRESH_MS = 30_000;
/** Without a touch for so long, it asks no more: an open page must not keep an admin's session from its idle hour. */
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

/** Watches for touches as long as anything listens. */
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

/** What a panel's query refreshes by: every 30 seconds, while somebody is there. */
export function useLive(): { refetchInterval: number | false } {
  return { refetchInterval: useAwake() && REFRESH_MS };
}

/** The time, every 30 seconds while somebody is there. @param served as the page was rendered; milliseconds */
export function useNow(served: number): number {
  const [now, setNow] = useState(served);
  const awake = useAwake();
  useEffect(() => {
    if (!awake) return;
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, [awake]);
  // A page that came since, with another range, has its answers from its own moment on.
  return Math.max(now, served);
}
