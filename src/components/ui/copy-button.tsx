"use client";

import { useState } from "react";
import { useBrowserValue } from "../use-browser-value";
import { Button } from "./button";
import styles from "./copy-button.module.css";

type Props = { text: string; children: string };

/** Copies a text and says so; left out where the browser does not let pages do that. */
export function CopyButton({ text, children }: Props) {
  const [said, setSaid] = useState("");
  const clipboard = useBrowserValue(() => clipboardOf(navigator), undefined);
  if (!clipboard) return null;

  function copy() {
    // Emptied first, so that a second copy is heard as well.
    setSaid("");
    clipboard?.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Select it by hand"),
    );
  }

  return (
    <div className={styles.copy}>
      <Button look="quiet" onClick={copy}>
        {children}
      </Button>
      <span role="status" className={styles.said}>
        {said}
      </span>
    </div>
  );
}

/** Browsers have it on secure pages only, whatever its type says. */
function clipboardOf({ clipboard }: { clipboard?: Clipboard }): Clipboard | undefined {
  return clipboard;
}
