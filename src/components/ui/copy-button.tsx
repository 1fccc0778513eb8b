"use client";

import { useState } from "react";
import { useBrowserValue } from "../use-browser-value";
import { Button } from "./button";
import styles from "./copy-button.module.css";

type Props = { text: string; children: string };

/** Copies a text and says so. It is not shown where the browser does not let pages copy. */
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

/** Only secure pages have a clipboard, whatever its type says. */
function clipboardOf({ clipboard }: { clipboard?: Clipboard }): Clipboard | undefined {
  return clipboard;
}
