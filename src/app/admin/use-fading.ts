import { useState } from "react";

/**
 * Whether what is shown answers another choice than the one that was made. The same choice a minute later, of which
 * the last minute's answer is shown until the new one is there, does not fade: it would blink every minute.
 */
export function useFading(isPlaceholder: boolean, choice: string): boolean {
  const [answered, setAnswered] = useState(choice);
  if (!isPlaceholder && answered !== choice) setAnswered(choice);
  return isPlaceholder && answered !== choice;
}
