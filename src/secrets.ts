import { createHash, randomBytes } from "node:crypto";

/** A new secret for a cookie or a link: 32 random bytes as 43 characters of base64url. It is stored nowhere in clear. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What is stored of a secret: its SHA-256 in hexadecimal. It needs no key, because nobody guesses 32 random bytes. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
