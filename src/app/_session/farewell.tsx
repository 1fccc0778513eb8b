"use client";

import { useEffect, useState } from "react";
import styles from "./farewell.module.css";

/** Says goodbye after an account is deleted. A reload does not show it again. */
export function Farewell({ isDue }: { isDue: boolean }) {
  // The first value: the effect below removes the query that it comes from.
  const [isShown] = useState(isDue);
  useEffect(() => {
    if (isShown) window.history.replaceState(null, "", window.location.pathname);
  }, [isShown]);
  if (!isShown) return null;
  return (
    <p role="status" className={styles.farewell}>
      Your account is deleted, and what belonged to it is gone. A last message says so.
    </p>
  );
}
