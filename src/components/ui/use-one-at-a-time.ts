import { useRef } from "react";

/** Starts some work, but nothing more until what it has started is settled. */
export function useOneAtATime<Args extends unknown[]>(start: (...args: Args) => unknown) {
  const underway = useRef(false);
  return async (...args: Args) => {
    // A ref, because a second press can come before the first one has rendered anything.
    if (underway.current) return;
    underway.current = true;
    try {
      // A refusal is the mutation's to show.
      await Promise.allSettled([start(...args)]);
    } finally {
      underway.current = false;
    }
  };
}
