/** GSM 03.38, the alphabet of text messages: one septet a character. */
const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/** Its extension table: an escape and a character, two septets. */
const extension = new Set("\f^{}\\[~]|€");

/** What Unicode does not take apart, and a reader knows in another spelling. */
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
 * @returns NaN if a character is not of the alphabet: one such would make it a message of 70 characters.
 */
export function septets(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + septetsOf(character), 0);
}

/** A text in the alphabet: accents it lacks are dropped, and so is what has no kin in it. */
export function toGsm(text: string): string {
  return Array.from(text.normalize("NFC"), spell).join("");
}

function spell(character: string): string {
  if (basic.has(character) || extension.has(character)) return character;
  const known = kindred[character];
  if (known !== undefined) return known;
  if (/\s/u.test(character)) return " ";
  const bare = character.normalize("NFKD").replace(/\p{M}/gu, "");
  // Only if all of it is there: half a ligature says something else.
  return Array.from(bare).every((part) => basic.has(part)) ? bare : "";
}
