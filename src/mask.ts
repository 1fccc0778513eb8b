/**
 * An address that its owner recognises and nobody can write to: `a•••@example.com`, `+1 415 ••• 0134`, or `•••` for
 * anything else. At least three digits stay hidden.
 */
export function maskAddress(value: string): string {
  const at = value.lastIndexOf("@");
  // By code point: no surrogate pair is cut.
  if (at > 0) return `${String.fromCodePoint(value.codePointAt(0) ?? 0)}•••${value.slice(at)}`;
  return /^\+\d{7,15}$/.test(value) ? maskPhone(value.slice(1)) : "•••";
}

/** @param digits an E.164 number without its plus */
function maskPhone(digits: string): string {
  // Only the codes 1 and 7 have one digit. A code's third digit is shown with the area.
  const country = /^[17]/.test(digits) ? 1 : 2;
  const hidden = 3;
  const tail = Math.min(4, digits.length - country - hidden);
  const area = Math.min(3, digits.length - country - hidden - tail);
  return [`+${digits.slice(0, country)}`, digits.slice(country, country + area), "•••", digits.slice(-tail)]
    .filter(Boolean)
    .join(" ");
}
