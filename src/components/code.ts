/** The digits of what was typed: spaces, dashes and full-width forms are all the same code. */
export function digitsOf(text: string): string {
  return text.normalize("NFKC").replace(/\D/g, "");
}

/** The code in a pasted text, be it the code alone or the whole message around it; null where there are no digits. */
export function pastedCode(text: string, length: number): string | null {
  const plain = text.normalize("NFKC");
  const numbers = plain.match(/\d[\d\p{Zs}\p{Pd}]*/gu) ?? [];
  const digits = numbers.map(digitsOf).find((number) => number.length === length) ?? digitsOf(plain);
  return digits === "" ? null : digits;
}
