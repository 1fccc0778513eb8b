import { maskAddress } from "@/mask";
import type { Answer } from "@/testing/send";

/** All that a visitor was answered, in order: what is told, without the seconds in it, and those seconds. */
export type Transcript = { told: string[]; seconds: number[] };

/** What two answers may not be compared by: moments, and what is random by design. */
const noise: [RegExp, string][] = [
  [/(latchkey_\w+=)[\w-]{43}(?:\.[\w-]{43})*/g, "$1<secret>"],
  [/nonce(?:-|=\\?"|\\?":\\?")[\w+/]{22}==/g, "<nonce>"],
];
const SECONDS =
  /((?:retryAfter|resendIn|expiresIn)Seconds\\?":|"retry-after":")(\d+)|(Resend code in |role="timer">)(\d+):(\d\d)/g;

/** A transcript of what is said, to or of one address. */
export function transcript(address = "nobody@example.com") {
  const { told, seconds }: Transcript = { told: [], seconds: [] };
  const own: [string, string][] = [
    [address, "<address>"],
    [encodeURIComponent(address), "<address>"],
    [maskAddress(address), "<masked>"],
  ];
  return {
    told,
    seconds,
    /** Writes an answer down whole: status, every header, every byte. */
    add(what: string, { status, headers, body }: Answer): void {
      const { date: _, "x-request-id": __, ...kept } = headers;
      let text = `${what}: ${status} ${JSON.stringify(kept)}\n${body}`;
      for (const [from, to] of own) text = text.replaceAll(from, to);
      for (const [from, to] of noise) text = text.replace(from, to);
      told.push(
        text.replace(SECONDS, (_all, name = "", count = 0, words = "", minutes = 0, rest = 0) => {
          seconds.push(Number(count) + 60 * Number(minutes) + Number(rest));
          return `${name}${words}<seconds>`;
        }),
      );
    },
  };
}

/**
 * What tells two transcripts apart, if anything: the bytes around the first difference, or a countdown that differs by
 * more than the time that the requests themselves take.
 */
export function difference(one: Transcript, other: Transcript, within = 3): string | null {
  for (const [step, text] of one.told.entries()) {
    const its = other.told[step] ?? "";
    if (text === its) continue;
    let at = 0;
    while (text[at] === its[at]) at += 1;
    const from = Math.max(0, at - 80);
    const title = text.slice(0, text.indexOf(":"));
    return `${title}, at ${at} of ${text.length} and ${its.length}:\n${text.slice(from, at + 200)}\n---\n${its.slice(from, at + 200)}`;
  }
  const apart = one.seconds.findIndex((count, at) => !(Math.abs(count - (other.seconds[at] ?? Number.NaN)) <= within));
  if (apart >= 0) return `countdown ${apart} says ${one.seconds[apart]} and ${other.seconds[apart]}`;
  const isSameLength = one.told.length === other.told.length && one.seconds.length === other.seconds.length;
  return isSameLength ? null : "one is longer";
}
