/**
 * An address as it may be shown in a log line or on a page: enough for its owner to know it, too little to write to.
 * `ada@example.com` becomes `a•••@example.com`, `+14155550134` becomes `+1 415 ••• 0134`; three digits of a phone
 * number at least stay hidden, and what is neither becomes `•••`.
 */
export function maskAddress(value: string): string {
  const at = value.lastIndexOf("@");
  // By code point: half of a surrogate pair is not a character.
  if (at > 0) return `${String.fromCodePoint(value.codePointAt(0) ?? 0)}•••${value.slice(at)}`;
  return /^\+\d{7,15}$/.test(value) ? maskPhone(value.slice(1)) : "•••";
}

/** @param digits an E.164 number without its plus. */
function maskPhone(digits: string): string {
  // Country codes have one to three digits; only 1 and 7 have one. Where it has three, the third reads as the area's.
  const country = /^[17]/.test(digits) ? 1 : 2;
  const hidden = 3;
  const tail = Math.min(4, digits.length - country - hidden);
  const area = Math.min(3, digits.length - country - hidden - tail);
  return [`+${digits.slice(0, country)}`, digits.slice(country, country + area), "•••", digits.slice(-tail)]
    .filter(Boolean)
    .join(" ");
}
