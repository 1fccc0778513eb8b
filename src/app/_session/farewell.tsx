"use client";

import { useEffect, useState } from "react";
import styles from "./farewell.module.css";

/** Takes leave of who has just deleted an account, and of nobody who reloads the page or comes back to it. */
export function Farewell({ isDue }: { isDue: boolean }) {
  // As it was at first: the address that brought it is gone as soon as it is shown.
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
