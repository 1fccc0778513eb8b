import { useState } from "react";

/**
 * Whether the shown answer is for another choice than the current one. A refresh of the same choice does not fade:
 * the panel would blink every minute.
 */
export function useFading(isPlaceholder: boolean, choice: string): boolean {
  const [answered, setAnswered] = useState(choice);
  if (!isPlaceholder && answered !== choice) setAnswered(choice);
  return isPlaceholder && answered !== choice;
}
