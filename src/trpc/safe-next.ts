/** `.invalid` belongs to nobody. */
const HERE = "http://latchkey.invalid";

/**
 * A `?next=` that is a path of this site, or null (LNK-05). What could lead to another origin is refused, not repaired.
 */
export function safeNext(value: string | string[] | undefined): string | null {
  if (typeof value !== "string" || !/^\/(?![/\\])[\w\-./?=&%~+,:@]*(#[\w-]+)?$/.test(value)) return null;
  if (!URL.canParse(value, HERE)) return null;
  const url = new URL(value, HERE);
  if (url.origin !== HERE || url.pathname.startsWith("//") || /%(2f|5c|0[ad9])/i.test(url.pathname)) return null;
  return `${url.pathname}${url.search}${url.hash}`;
}
