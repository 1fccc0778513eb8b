/** The digits of what was typed: spaces, dashes and full-width forms are all the same code. */
function digitsOf(text: string): string {
  return text.normalize("NFKC").replace(/\D/g, "");
}

/** The code in an inserted text, be it the code alone or the whole message around it; null where there are no digits. */
export function codeIn(text: string, length: number): string | null {
  const plain = text.normalize("NFKC");
  const numbers = plain.match(/\d[\d\p{Zs}\p{Pd}]*/gu) ?? [];
  const digits = numbers.map(digitsOf).find((number) => number.length === length) ?? digitsOf(plain);
  return digits === "" ? null : digits;
}

/** The code of one of our messages: digits that have a line to themselves in a mail, or begin it in a text message. */
export function codeOfMessage(text: string): string | undefined {
  return /^\d{6,10}(?!\S)/m.exec(text)?.[0];
}
