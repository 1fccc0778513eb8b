import { useRef, useState } from "react";
import { flushSync } from "react-dom";

/** A form that opens in place of what it changes, and gives the focus back to its button when it is over. */
export function useInlineForm() {
  const opener = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [said, say] = useState("");

  function open() {
    say("");
    setOpen(true);
  }

  function close(said = "") {
    // The button is back in the page before it is given the focus.
    flushSync(() => {
      setOpen(false);
      say(said);
    });
    opener.current?.focus();
  }

  return { isOpen, open, close, opener, said, say };
}
