import { domainToASCII } from "node:url";
import { type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Channel } from "@/db/channel";
import { env } from "@/env";

/** A canonical address: limits, lookups and deliveries share this spelling. `country` is a number's ISO code. */
export type Identifier = { channel: Channel; address: string; country?: string };

/** Why an input is refused: it is no address, no number, or a number that gets no messages. */
export type IdentifierFault = "malformed" | "malformed number" | "country not served" | "no text messages";

const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/;

/**
 * The canonical spelling of an email address: trimmed, NFC, lower case as a whole, domain in punycode,
 * no folding of dots or plus tags. Null if it is no address (RFC 5321 lengths: 64 and 254 octets).
 */
export function canonicalEmail(input: string): string | null {
  const text = input.trim().normalize("NFC").toLowerCase().normalize("NFC");
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const written = text.slice(at + 1);
  // The parser reads a domain as part of a URL. There these characters end it or change its meaning.
  const domain = /[\s\p{Cc}/?#\\%:@[\]]/u.test(written) ? "" : domainToASCII(written);
  const address = `${local}@${domain}`;
  if (at < 1 || !LOCAL_PART.test(local) || !DOMAIN.test(domain)) return null;
  if (Buffer.byteLength(local) > 64 || Buffer.byteLength(address) > 254) return null;
  return address;
}

/** The characters that people and address books write in and around numbers. Copying adds format characters. */
const AROUND = /[\s()./\p{Pd}\p{Cf}\u2212\u30fc]/gu;

/** A number without them, in the digits that the library reads. NFKC has turned full-width digits into these. */
const NUMBER = /^\+?[\d\u0660-\u0669\u06f0-\u06f9]{5,40}$/;

/** A number as the tables check it, with E.164's least and greatest length. */
const E164 = /^\+[1-9]\d{6,14}$/;

/** Number types that bill the caller or that no text message reaches. SMS pumping prefers them (THR-08). */
const NOBODYS_TYPES = new Set([
  "PREMIUM_RATE",
  "SHARED_COST",
  "TOLL_FREE",
  "UAN",
  "PAGER",
  "VOICEMAIL",
  "PERSONAL_NUMBER",
]);

/**
 * Reads an email address or a phone number in any usual spelling. A number becomes E.164, and its country must be in
 * `SMS_COUNTRIES`. If the list names one country only, a number without a country code is read as of that country.
 */
export function parseIdentifier(input: string): Identifier | { fault: IdentifierFault } {
  const written = input.normalize("NFKC").replace(AROUND, "");
  const countries = env().smsCountries;
  if (!NUMBER.test(written)) {
    const address = canonicalEmail(input);
    if (address) return { channel: "email", address };
    // An input that begins like a number is answered as a mistyped number.
    if (!/^\+?\d/.test(written) || written.includes("@")) return { fault: "malformed" };
    return { fault: countries.length === 0 ? "no text messages" : "malformed number" };
  }
  if (countries.length === 0) return { fault: "no text messages" };
  const home = countries === "all" || countries.length > 1 ? undefined : countries[0];
  // Most of the world dials 00 for the plus.
  const number = parsePhoneNumberFromString(written.replace(/^00/, "+"), {
    // SMS_COUNTRIES holds ISO codes. With a code that the library does not know, it reads no number.
    ...(home ? { defaultCountry: home as NonNullable<PhoneNumber["country"]> } : {}),
    extract: false,
  });
  if (!number?.isPossible() || !isCanonical(number.number)) return { fault: "malformed number" };
  // A made-up number has no country, and its calling code may belong to several.
  const possible = number.country ? [number.country] : number.getPossibleCountries();
  const country = countries === "all" ? possible[0] : possible.find((one) => countries.includes(one));
  if (!country || NOBODYS_TYPES.has(number.getType() ?? "")) return { fault: "country not served" };
  // With "all" countries made-up numbers are allowed, to try the app. A list of countries needs a number that can
  // exist.
  if (countries !== "all" && !number.isValid()) return { fault: "malformed number" };
  return { channel: "sms", address: number.number, country };
}

/** Whether a number has the tables' spelling and is read as itself. A made-up one may lose a digit at each reading. */
function isCanonical(number: string): boolean {
  return E164.test(number) && parsePhoneNumberFromString(number)?.number === number;
}
