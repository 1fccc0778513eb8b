import { type FocusEvent, type PointerEvent, useState } from "react";

/**
 * Keeps the shown value while the pointer or the focus is on it and newer values come in, so that nothing moves away
 * from a press.
 * @param choice what the person has chosen to see. Another choice is shown at once, wherever the pointer is
 * @returns the value to show, and the handlers of the element around it
 */
export function useSteady<T>(newest: T, choice: string) {
  const [kept, keep] = useState<{ shown: T; choice: string } | null>(null);
  const hold = () =>
    keep((before) => (before?.choice === choice ? before : newest === undefined ? null : { shown: newest, choice }));
  const release = () => keep(null);
  return {
    shown: kept?.choice === choice ? kept.shown : newest,
    handlers: {
      // Only a mouse hovers. A finger's pointer never leaves.
      onPointerEnter: (event: PointerEvent) => event.pointerType === "mouse" && hold(),
      onPointerLeave: (event: PointerEvent<HTMLElement>) =>
        event.currentTarget.contains(document.activeElement) || release(),
      onFocus: hold,
      onBlur: (event: FocusEvent) => event.currentTarget.contains(event.relatedTarget) || release(),
    },
  };
}
