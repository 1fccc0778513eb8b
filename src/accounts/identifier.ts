import { domainToASCII } from "node:url";

/** A canonical address: the one spelling that limits, lookups and deliveries share. */
export type Identifier = { channel: "email" | "sms"; address: string };

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

/** Reads an email address in any usual spelling; null when it is none. */
export function parseIdentifier(input: string): Identifier | null {
  const address = canonicalEmail(input);
  return address ? { channel: "email", address } : null;
}
