import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { keysFor } from "@/keys";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** The error of a sealed text that does not open: forged, moved from another row, or of a key not in `APP_SECRET`. */
export class SealBroken extends Error {
  override name = "SealBroken";
}

/**
 * Seals a text with AES-256-GCM under the newest key, so that a dump of the database shows no code (law 8).
 * @param boundTo the owner of the text, such as `delivery:<id>`. The text opens only with the same words.
 * @returns `<key id>.<base64url of nonce, ciphertext and tag>`
 */
export function seal(text: string, boundTo: string): string {
  const [key] = keysFor("sealed payload");
  // Random nonces stay safe for 2^32 messages a key (NIST SP 800-38D, 8.3).
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(boundTo));
  const body = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${body.toString("base64url")}`;
}

/**
 * Opens a sealed text with the key that sealed it.
 * @throws {SealBroken} if it was forged, changed, bound to something else, or its key is gone.
 */
export function open(sealed: string, boundTo: string): string {
  const [keyId, encoded = ""] = sealed.split(".");
  const key = keysFor("sealed payload").find((candidate) => candidate.id === keyId);
  if (!key) throw new SealBroken("no key of this id");
  const body = Buffer.from(encoded, "base64url");
  if (body.length < nonceBytes + tagBytes) throw new SealBroken("too short");
  const decipher = createDecipheriv(algorithm, key.bytes, body.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(boundTo));
  decipher.setAuthTag(body.subarray(-tagBytes));
  try {
    return decipher.update(body.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
  } catch {
    throw new SealBroken("not authentic");
  }
}
