import { useLayoutEffect, useRef } from "react";

/** Keeps the item being read in place when newer items come in above it. */
export function useSteadyList(items: readonly { id: string }[]) {
  const list = useRef<HTMLDivElement>(null);
  const newest = useRef(items[0]?.id);
  useLayoutEffect(() => {
    const before = items.findIndex(({ id }) => id === newest.current);
    newest.current = items[0]?.id;
    const moved = list.current?.children.item(before);
    if (list.current && moved && isRead(list.current, moved))
      window.scrollBy(0, moved.getBoundingClientRect().top - list.current.getBoundingClientRect().top);
  }, [items]);
  return list;
}

/** Whether an older item is being read: the page is scrolled, text is selected, or such an item is focused or open. */
function isRead(list: HTMLElement, last: Element): boolean {
  const marked = getSelection()?.isCollapsed === false;
  const focused = list.contains(document.activeElement) && !last.contains(document.activeElement);
  return window.scrollY > 0 || marked || focused || list.querySelector(":scope > :nth-child(n+2) > [open]") !== null;
}
