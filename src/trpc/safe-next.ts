/** A place of ours that paths are resolved against; nobody can have it. */
const HERE = "http://latchkey.invalid";

/**
 * A `?next=` that is a relative path of our own, or null (LNK-05). Slashes, backslashes, control characters and
 * whatever else leads a browser to another origin are refused rather than repaired. A fragment may name a section.
 */
export function safeNext(value: string | string[] | undefined): string | null {
  if (typeof value !== "string" || !/^\/(?![/\\])[\w\-./?=&%~+,:@]*(#[\w-]+)?$/.test(value)) return null;
  if (!URL.canParse(value, HERE)) return null;
  const url = new URL(value, HERE);
  if (url.origin !== HERE || url.pathname.startsWith("//") || /%(2f|5c|0[ad9])/i.test(url.pathname)) return null;
  return `${url.pathname}${url.search}${url.hash}`;
}
