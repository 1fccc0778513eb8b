import { z } from "zod";
import { parseIdentifier } from "@/accounts/identifier";

/**
 * The schemas of what people type. Every string is bounded and well-formed: a NUL or half a surrogate pair
 * would reach PostgreSQL as a fault instead of an answer (INP-04).
 */
export const text = (most: number) =>
  z
    .string("Enter text.")
    .max(most, `Use at most ${most} characters.`)
    .refine((value) => value.isWellFormed() && !value.includes("\0"), "This has characters that cannot be used.");

/** One line that others may read: no control characters, none that turn the direction of writing. */
export const line = (most: number) =>
  text(most)
    .transform((value) => value.normalize("NFC").trim())
    .refine(
      (value) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(value),
      "This has characters that cannot be used.",
    );

/** Letters to PostgreSQL and blank to people: fillers that make a name of nothing. */
const BLANK = /[\u115f\u1160\u3164\uffa0]/gu;

/** Whether something is there to be read, and not buried under marks. Joiners are part of some scripts, and of emoji. */
export function isReadable(value: string): boolean {
  const seen = value.replace(BLANK, "");
  return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(seen) && !/(?![\u200c\u200d])\p{Cf}|\p{M}{5}/u.test(seen);
}

/** A line that may be left out; an empty one means "none". */
export const optionalLine = (most: number) =>
  line(most)
    .transform((value) => value || null)
    .nullish();

export const identifier = text(320).transform((value, ctx) => {
  const parsed = parseIdentifier(value);
  if (parsed) return parsed;
  const isPhone = /^[\s()+./-]*\d[\d\s()+./-]{5,}$/.test(value);
  ctx.addIssue({
    code: "custom",
    message: isPhone
      ? "Phone numbers cannot be used here. Enter an email address."
      : "Enter an email address, such as ada@example.com.",
  });
  return z.NEVER;
});

export const accountType = z.enum(["live", "demo"], "Choose live or demo.").default("live");

/** A code as people type, paste or have it filled in: spaces, dashes and full-width digits are taken (UX-01). */
export const code = text(64)
  .transform((value) => value.normalize("NFKC").replace(/[\s\p{Pd}]/gu, ""))
  .refine((value) => /^\d{4,12}$/.test(value), "Enter the digits of the code.");

/** A password to be checked, or a new one: its real bounds are the policy's, with reasons of their own. */
export const password = text(1024).refine((value) => value.length > 0, "Enter your password.");

/** A birthday, such as 1990-05-01: a day that has been, of somebody who may be alive. */
export const birthday = z.iso.date("Enter a day such as 1990-05-01.").pipe(
  z
    .string()
    .refine((day) => day >= "1900-01-01", "Enter a year after 1899.")
    .refine((day) => day <= new Date().toISOString().slice(0, 10), "Enter a day in the past."),
);
