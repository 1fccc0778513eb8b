/** The digits of a typed text, without spaces and dashes. Full-width digits count, too. */
function digitsOf(text: string): string {
  return text.normalize("NFKC").replace(/\D/g, "");
}

/** The code in a pasted text, which can be the code or the whole message; null if it has no digits. */
export function codeIn(text: string, length: number): string | null {
  const plain = text.normalize("NFKC");
  const numbers = plain.match(/\d[\d\p{Zs}\p{Pd}]*/gu) ?? [];
  const digits = numbers.map(digitsOf).find((number) => number.length === length) ?? digitsOf(plain);
  return digits === "" ? null : digits;
}

/** The code in one of our messages: a line of digits in a mail, or the first digits of a text message. */
export function codeOfMessage(text: string): string | undefined {
  return /^\d{6,10}(?!\S)/m.exec(text)?.[0];
}
