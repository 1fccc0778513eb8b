/** GSM 03.38, the alphabet of text messages: one septet for each character. */
const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/** Its extension table: two septets for each character, because an escape comes first. */
const extension = new Set("\f^{}\\[~]|€");

/** Replacements for characters that Unicode does not decompose. */
const kindred: Record<string, string> = {
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "–": "-",
  "—": "-",
  Ł: "L",
  ł: "l",
  Đ: "D",
  đ: "d",
  ı: "i",
  Œ: "OE",
  œ: "oe",
};

const septetsOf = (character: string) => (basic.has(character) ? 1 : extension.has(character) ? 2 : Number.NaN);

/**
 * The length of a text in septets; 160 fit one message.
 * @returns NaN if a character is not in the alphabet: one such character limits the message to 70 characters.
 */
export function septets(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + septetsOf(character), 0);
}

/** Converts a text to the alphabet. Accents that it lacks are dropped, and so are characters without a replacement. */
export function toGsm(text: string): string {
  return Array.from(text.normalize("NFC"), spell).join("");
}

function spell(character: string): string {
  if (basic.has(character) || extension.has(character)) return character;
  const known = kindred[character];
  if (known !== undefined) return known;
  if (/\s/u.test(character)) return " ";
  const bare = character.normalize("NFKD").replace(/\p{M}/gu, "");
  // A part of a ligature would say something else, so all parts or none.
  return Array.from(bare).every((part) => basic.has(part)) ? bare : "";
}
