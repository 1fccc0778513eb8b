import { useSyncExternalStore } from "react";

const never = () => () => {};

/** A value that only the browser knows, `before` until hydration. It must be a primitive or always the same object. */
export function useBrowserValue<T>(read: () => T, before: T): T {
  return useSyncExternalStore(never, read, () => before);
}
