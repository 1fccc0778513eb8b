import { useSyncExternalStore } from "react";

const never = () => () => {};

/** What only the browser knows: a primitive, or always the same object. Until the page is alive, `before`. */
export function useBrowserValue<T>(read: () => T, before: T): T {
  return useSyncExternalStore(never, read, () => before);
}
