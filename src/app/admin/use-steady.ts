import { type FocusEvent, type PointerEvent, useState } from "react";

/**
 * Keeps what is under the pointer, or has the focus, as it is while newer numbers come in: nothing moves away from a
 * press that is on its way.
 * @returns what to show, and the handlers of the element around it
 */
export function useSteady<T>(newest: T) {
  const [kept, keep] = useState<{ shown: T } | null>(null);
  const hold = () => keep((before) => before ?? (newest === undefined ? null : { shown: newest }));
  const release = () => keep(null);
  return {
    shown: kept ? kept.shown : newest,
    handlers: {
      // A finger lies on nothing for long, and its pointer never leaves.
      onPointerEnter: (event: PointerEvent) => event.pointerType === "mouse" && hold(),
      onPointerLeave: (event: PointerEvent<HTMLElement>) =>
        event.currentTarget.contains(document.activeElement) || release(),
      onFocus: hold,
      onBlur: (event: FocusEvent) => event.currentTarget.contains(event.relatedTarget) || release(),
    },
  };
}
