import Bowser from "bowser";

const unknown = "Unknown device";
const browsers = Object.values(Bowser.BROWSER_MAP);
const systems = Object.values(Bowser.OS_MAP);

/**
 * Names a browser in words: "Firefox on Windows". Anyone may write anything in a user agent, and the words appear in
 * the app's mails. So they are made of known names only. For an unknown browser, Bowser would repeat the user agent's
 * own text.
 */
export function deviceInWords(userAgent: string | null): string {
  if (!userAgent) return unknown;
  const { browser, os } = Bowser.parse(userAgent);
  const known = [browsers.find((name) => name === browser.name), systems.find((name) => name === os.name)];
  return known.filter(Boolean).join(" on ") || unknown;
}
