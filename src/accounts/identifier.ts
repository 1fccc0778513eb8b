import { domainToASCII } from "node:url";
import { type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Channel } from "@/db/channel";
import { env } from "@/env";

/** A canonical address: the one spelling that limits, lookups and deliveries share. `country` is a number's, ISO. */
export type Identifier = { channel: Channel; address: string; country?: string };

/** Why something typed cannot be used: no address at all, no number, or a number that no message goes to. */
export type IdentifierFault = "malformed" | "malformed number" | "country not served" | "no text messages";

const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/;

/**
 * The canonical spelling of an email address: trimmed, NFC, lower case as a whole, domain in punycode,
 * no folding of dots or plus tags. Null for what is no address (RFC 5321 lengths: 64 and 254 octets).
 */
export function canonicalEmail(input: string): string | null {
  const text = input.trim().normalize("NFC").toLowerCase().normalize("NFC");
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const written = text.slice(at + 1);
  // The parser reads a domain as part of a URL, where these end it or mean something else.
  const domain = /[\s\p{Cc}/?#\\%:@[\]]/u.test(written) ? "" : domainToASCII(written);
  const address = `${local}@${domain}`;
  if (at < 1 || !LOCAL_PART.test(local) || !DOMAIN.test(domain)) return null;
  if (Buffer.byteLength(local) > 64 || Buffer.byteLength(address) > 254) return null;
  return address;
}

/** What people and their address books write in and around numbers; format characters come along when one is copied. */
const AROUND = /[\s()./\p{Pd}\p{Cf}\u2212\u30fc]/gu;

/** A number without all that. The library reads these digits; full-width ones are digits after NFKC. */
const NUMBER = /^\+?[\d\u0660-\u0669\u06f0-\u06f9]{5,40}$/;

/** The longest and shortest there are (E.164), as the tables check it. */
const E164 = /^\+[1-9]\d{6,14}$/;

/** Numbers that bill who calls them, or that no text message reaches: pumping's favourites (THR-08). */
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
 * Reads an email address or a phone number in any usual spelling. A number is E.164 afterwards, and of a country in
 * `SMS_COUNTRIES`. Without a country code it is read as of that country, where the list names one alone.
 */
export function parseIdentifier(input: string): Identifier | { fault: IdentifierFault } {
  const written = input.normalize("NFKC").replace(AROUND, "");
  const countries = env().smsCountries;
  if (!NUMBER.test(written)) {
    const address = canonicalEmail(input);
    if (address) return { channel: "email", address };
    // What begins like a number is a slip in one, and told so.
    if (!/^\+?\d/.test(written) || written.includes("@")) return { fault: "malformed" };
    return { fault: countries.length === 0 ? "no text messages" : "malformed number" };
  }
  if (countries.length === 0) return { fault: "no text messages" };
  const home = countries === "all" || countries.length > 1 ? undefined : countries[0];
  // 00 is what most of the world dials for a plus.
  const number = parsePhoneNumberFromString(written.replace(/^00/, "+"), {
    // SMS_COUNTRIES holds ISO codes; one that the library does not know reads nothing.
    ...(home ? { defaultCountry: home as NonNullable<PhoneNumber["country"]> } : {}),
    extract: false,
  });
  if (!number?.isPossible() || !isCanonical(number.number)) return { fault: "malformed number" };
  // A made-up number is of no country; its calling code may be of several.
  const possible = number.country ? [number.country] : number.getPossibleCountries();
  const country = countries === "all" ? possible[0] : possible.find((one) => countries.includes(one));
  if (!country || NOBODYS_TYPES.has(number.getType() ?? "")) return { fault: "country not served" };
  // Where any country will do, made-up numbers do too, to try the app with. A list asks for one that can exist.
  if (countries !== "all" && !number.isValid()) return { fault: "malformed number" };
  return { channel: "sms", address: number.number, country };
}

/** Whether a number is spelt as the tables check it, and reads as itself: a made-up one may lose a digit at each reading. */
function isCanonical(number: string): boolean {
  return E164.test(number) && parsePhoneNumberFromString(number)?.number === number;
}
