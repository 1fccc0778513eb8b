"use client";

import { useLinkStatus } from "next/link";
import type { ReactNode } from "react";
import styles from "./link-label.module.css";

/** A link's words: they fade while its page is on its way. Without, a slow page looks like a press that missed. */
export function LinkLabel({ children }: { children: ReactNode }) {
  const { pending } = useLinkStatus();
  return (
    <span className={styles.label} data-pending={pending || undefined}>
      {children}
    </span>
  );
}
