import { createHash, randomBytes } from "node:crypto";

/** A new secret for a cookie or a link: 32 random bytes, base64url, 43 characters. Only the cookie or link holds it. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What is stored of such a secret: SHA-256 in hexadecimal. Nobody guesses 32 random bytes, so it needs no key. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
