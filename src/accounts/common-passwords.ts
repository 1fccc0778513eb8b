import leaked from "fxa-common-password-list";

/** The context's words of 3 letters or more, which weak passwords are made of. */
function words(context: string[]): string[] {
  return context.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= 3);
}

/** Whether the text repeats one piece of up to 8 letters. */
function isRepetition(text: string): boolean {
  return [1, 2, 3, 4, 5, 6, 7, 8].some((length) => {
    const piece = text.slice(0, length);
    return text.length > length && piece.repeat(Math.ceil(text.length / length)).startsWith(text);
  });
}

/** Whether the text is a run up or down the alphabet or the digits, with 0 next to 9. */
function isRun(text: string): boolean {
  const steps = Array.from(text.slice(1), (letter, i) => letter.charCodeAt(0) - text.charCodeAt(i));
  return [1, -1].some((direction) => steps.every((step) => step === direction || step === -9 * direction));
}

/**
 * Whether a password is on Mozilla's list of the 50,000 commonest, is a pattern, or has only words of its context (the
 * product, the person's name or address), digits and marks (PWD-04).
 */
export function isCommonPassword(password: string, context: string[]): boolean {
  const text = password.normalize("NFC").toLowerCase();
  if (leaked.test(text) || isRepetition(text) || isRun(text)) return true;
  const known = words(context).sort((a, b) => b.length - a.length);
  const rest = known.reduce((left, word) => left.replaceAll(word, ""), text);
  return rest !== text && !/\p{L}{3}/u.test(rest);
}
