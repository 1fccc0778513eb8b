import { useSyncExternalStore } from "react";

const never = () => () => {};

/** Whether the page is alive: what only the browser knows comes after what the server has rendered. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
