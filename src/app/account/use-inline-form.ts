import { useRef, useState } from "react";
import { flushSync } from "react-dom";

/** A form that opens in place of what it changes, and returns the focus to its button when it closes. */
export function useInlineForm() {
  const opener = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [said, say] = useState("");

  function open() {
    say("");
    setOpen(true);
  }

  function close(said = "") {
    // The button must be in the page again before it can have the focus.
    flushSync(() => {
      setOpen(false);
      say(said);
    });
    opener.current?.focus();
  }

  return { isOpen, open, close, opener, said, say };
}
