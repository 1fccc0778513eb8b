import { useEffect, useState } from "react";

/** Whole seconds since this very object was first shown: what a server counted down goes on from there. */
export function useSecondsSince(since: object | null): number {
  const [elapsed, setElapsed] = useState({ since, seconds: 0 });
  useEffect(() => {
    if (!since) return;
    const start = Date.now();
    const timer = setInterval(() => setElapsed({ since, seconds: Math.floor((Date.now() - start) / 1000) }), 1000);
    return () => clearInterval(timer);
  }, [since]);
  return elapsed.since === since ? elapsed.seconds : 0;
}
