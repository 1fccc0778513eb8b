"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import styles from "./table.module.css";

/** Scrolls a table that is wider than the page. A shade shows on which side there is more. */
export function Scroll({ caption, children }: { caption: string; children: ReactNode }) {
  const ref = useRef<HTMLElement>(null);
  const [more, setMore] = useState("");
  useEffect(() => {
    const room = ref.current;
    if (!room) return;
    const look = () => {
      const right = room.scrollWidth - room.clientWidth - room.scrollLeft;
      // A difference of less than a pixel is rounding.
      setMore([room.scrollLeft > 1 ? "left" : "", right > 1 ? "right" : ""].filter(Boolean).join(" "));
    };
    const watch = new ResizeObserver(look);
    watch.observe(room);
    for (const child of room.children) watch.observe(child);
    room.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      room.removeEventListener("scroll", look);
    };
  }, []);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1)
    <section ref={ref} className={styles.scroll} aria-label={caption} tabIndex={0} data-more={more || undefined}>
      {children}
    </section>
  );
}
