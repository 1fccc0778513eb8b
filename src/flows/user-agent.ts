import Bowser from "bowser";

const unknown = "Unknown device";
const browsers = Object.values(Bowser.BROWSER_MAP);
const systems = Object.values(Bowser.OS_MAP);

/**
 * A browser's own account of itself in words: "Firefox on Windows". Anyone may write anything there, and what this
 * returns stands in mails of ours: so it is put together from names that we know, never from what was written. Of a
 * browser that it does not know, Bowser would repeat the very words.
 */
export function deviceInWords(userAgent: string | null): string {
  if (!userAgent) return unknown;
  const { browser, os } = Bowser.parse(userAgent);
  const known = [browsers.find((name) => name === browser.name), systems.find((name) => name === os.name)];
  return known.filter(Boolean).join(" on ") || unknown;
}
