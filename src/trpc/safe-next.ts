/** The origin against which paths are resolved. The domain `.invalid` belongs to nobody. */
const HERE = "http://latchkey.invalid";

/**
 * A `?next=` that is a path of this site, or null (LNK-05). Whatever could lead a browser to another origin (slashes,
 * backslashes, control characters) is refused, not repaired. A fragment may name a section.
 */
export function safeNext(value: string | string[] | undefined): string | null {
  if (typeof value !== "string" || !/^\/(?![/\\])[\w\-./?=&%~+,:@]*(#[\w-]+)?$/.test(value)) return null;
  if (!URL.canParse(value, HERE)) return null;
  const url = new URL(value, HERE);
  if (url.origin !== HERE || url.pathname.startsWith("//") || /%(2f|5c|0[ad9])/i.test(url.pathname)) return null;
  return `${url.pathname}${url.search}${url.hash}`;
}
