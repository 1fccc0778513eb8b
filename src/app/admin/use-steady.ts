import { type FocusEvent, type PointerEvent, useState } from "react";

/**
 * Keeps what is under the pointer, or has the focus, as it is while newer numbers come in: nothing moves away from a
 * press that is on its way.
 * @param choice what the person has chosen to see: another choice is shown at once, wherever the pointer is
 * @returns what to show, and the handlers of the element around it
 */
export function useSteady<T>(newest: T, choice: string) {
  const [kept, keep] = useState<{ shown: T; choice: string } | null>(null);
  const hold = () =>
    keep((before) => (before?.choice === choice ? before : newest === undefined ? null : { shown: newest, choice }));
  const release = () => keep(null);
  return {
    shown: kept?.choice === choice ? kept.shown : newest,
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
