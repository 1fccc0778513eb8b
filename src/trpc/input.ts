import { z } from "zod";
import { type IdentifierFault, parseIdentifier } from "@/accounts/identifier";
import type { Channel } from "@/db/channel";
import type { AccountType } from "@/db/owner";

/**
 * Text that people type, bounded and well-formed: a NUL or half a surrogate pair would make PostgreSQL fail (INP-04).
 */
export const text = (most: number) =>
  z
    .string("Enter text.")
    .max(most, `Use at most ${most} characters.`)
    .refine((value) => value.isWellFormed() && !value.includes("\0"), "This has characters that cannot be used.");

/** A line without control characters and without marks that change the direction of text. */
export const line = (most: number) =>
  text(most)
    .transform((value) => value.normalize("NFC").trim())
    .refine(
      (value) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(value),
      "This has characters that cannot be used.",
    );

/** Hangul fillers: letters to Unicode, blank to people. */
const BLANK = /[\u115f\u1160\u3164\uffa0]/gu;

/** Whether this shows people something, without a pile of marks. Some scripts and emoji need joiners. */
export function isReadable(value: string): boolean {
  const seen = value.replace(BLANK, "");
  return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(seen) && !/(?![\u200c\u200d])\p{Cf}|\p{M}{5}/u.test(seen);
}

/** A line that may be missing or empty: then it is null. */
export const optionalLine = (most: number) =>
  line(most)
    .transform((value) => value || null)
    .nullish();

const identifierFaults: Record<IdentifierFault, string> = {
  malformed: "Enter an email address, such as ada@example.com.",
  "malformed number": "Enter the number with its country code, such as +1 415 555 0134.",
  "country not served": "We cannot send text messages to that number. Use another one, or an email address.",
  "no text messages": "Phone numbers cannot be used here. Enter an email address.",
};

export const identifier = text(320).transform((value, ctx) => {
  const parsed = parseIdentifier(value);
  if (!("fault" in parsed)) return parsed;
  ctx.addIssue({ code: "custom", message: identifierFaults[parsed.fault] });
  return z.NEVER;
});

/** An address of one channel. Anything else gets that channel's message. */
const onChannel = (channel: Channel, otherwise: IdentifierFault) =>
  text(320).transform((value, ctx) => {
    const parsed = parseIdentifier(value);
    if (!("fault" in parsed) && parsed.channel === channel) return parsed;
    // A number that gets no text messages has its own message.
    const isRefused = channel === "sms" && "fault" in parsed && !parsed.fault.startsWith("malformed");
    ctx.addIssue({ code: "custom", message: identifierFaults[isRefused ? parsed.fault : otherwise] });
    return z.NEVER;
  });

export const email = onChannel("email", "malformed");
export const phone = onChannel("sms", "malformed number");

/** A token of a link or a reset. Other text is answered like a spent token. */
export const token = text(200);

const accountTypes = z.enum(["live", "demo"] satisfies AccountType[], "Choose live or demo.");
export const accountType = accountTypes.default("live");
export const accountTypeShown = accountTypes.optional();

/** A code as typed, pasted or filled in, with spaces, dashes or full-width digits (UX-01). */
export const code = text(64)
  .transform((value) => value.normalize("NFKC").replace(/[\s\p{Pd}]/gu, ""))
  .refine((value) => /^\d{4,12}$/.test(value), "Enter the digits of the code.");

/** A current or new password. The password policy has its own bounds and reasons. */
export const password = text(1024).refine((value) => value.length > 0, "Enter your password.");

/** A birthday such as 1990-05-01. */
export const birthday = z.iso.date("Enter a day such as 1990-05-01.").pipe(
  z
    .string()
    .refine((day) => day >= "1900-01-01", "Enter a year after 1899.")
    .refine((day) => day <= new Date().toISOString().slice(0, 10), "Enter a day in the past."),
);

const username = optionalLine(32).refine(
  (value) => !value || /^[\p{L}\p{N}._-]{3,}$/u.test(value),
  "Use 3 to 32 letters, digits, dots, dashes or underscores.",
);

export const name = line(120).refine(isReadable, "Enter your name.");

export const optionalName = optionalLine(120).refine((value) => !value || isReadable(value), "Enter your name.");

export const profile = {
  username,
  fullName: optionalLine(120),
  country: optionalLine(80),
  state: optionalLine(80),
  zip: optionalLine(20),
  dob: z.union([z.literal("").transform(() => null), birthday]).nullish(),
};
