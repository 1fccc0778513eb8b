type Part = { at: number; text: string; link: boolean };

/** Splits a text at its web addresses. A full stop or bracket after an address is not part of it. */
export function linked(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { index, 0: address } of text.matchAll(/https?:\/\/[^\s<>"]*[^\s<>".,:;!?)\]]/g)) {
    if (index > at) parts.push({ at, text: text.slice(at, index), link: false });
    parts.push({ at: index, text: address, link: true });
    at = index + address.length;
  }
  if (at < text.length) parts.push({ at, text: text.slice(at), link: false });
  return parts;
}
