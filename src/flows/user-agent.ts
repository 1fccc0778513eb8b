import Bowser from "bowser";

/** A browser's own account of itself in words: "Firefox on Windows". Anyone may write anything there. */
export function deviceInWords(userAgent: string | null): string {
  if (!userAgent) return "Unknown device";
  const { browser, os } = Bowser.parse(userAgent);
  return [browser.name, os.name].filter(Boolean).join(" on ") || "Unknown device";
}
