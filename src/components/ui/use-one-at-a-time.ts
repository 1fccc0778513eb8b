import { useRef } from "react";

/** Starts work, and ignores further calls until it settles. */
export function useOneAtATime<Args extends unknown[]>(start: (...args: Args) => unknown) {
  const underway = useRef(false);
  return async (...args: Args) => {
    // A ref, because a second press can come before the next render.
    if (underway.current) return;
    underway.current = true;
    try {
      // The mutation shows its own error.
      await Promise.allSettled([start(...args)]);
    } finally {
      underway.current = false;
    }
  };
}
