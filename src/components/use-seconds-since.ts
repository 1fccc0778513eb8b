import { useEffect, useState } from "react";

/** Whole seconds since this object was first rendered. A countdown from the server continues from there. */
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
