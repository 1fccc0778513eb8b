"use client";

import { useLinkStatus } from "next/link";
import type { ReactNode } from "react";
import styles from "./link-label.module.css";

/** A link's label. It fades while the page loads: otherwise a slow page looks like a missed press. */
export function LinkLabel({ children }: { children: ReactNode }) {
  const { pending } = useLinkStatus();
  return (
    <span className={styles.label} data-pending={pending || undefined}>
      {children}
    </span>
  );
}
