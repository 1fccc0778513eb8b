import { createHash, randomBytes } from "node:crypto";

/** A cookie's or link's secret: 32 random bytes, 43 characters. It is stored nowhere in clear. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What is stored of a secret. It needs no key: nobody guesses 32 random bytes. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");
