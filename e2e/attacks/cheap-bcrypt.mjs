// Preloaded into an app (NODE_OPTIONS=--import): bcrypt takes a moment instead of 170 ms. Hashes stay real ones, of a
// lower cost (BCRYPT_COST), nobody's too; with BCRYPT_NOBODY=skip nobody's is not worked at, which is a leak.
import { createRequire } from "node:module";

const bcrypt = createRequire(import.meta.url)("@node-rs/bcrypt");
const { hash, hashSync, compare } = bcrypt;
const cost = Number(process.env.BCRYPT_COST ?? 4);
const nobodys = hashSync("nobody", cost);
const skips = process.env.BCRYPT_NOBODY === "skip";

/** @param {string} text */
bcrypt.hash = (text) => hash(text, cost);
/** @type {(text: string, hashed: string) => Promise<boolean>} */
bcrypt.compare = async (text, hashed) => {
  const isNobodys = hashed.startsWith("$2b$12$");
  return isNobodys && skips ? false : compare(text, isNobodys ? nobodys : hashed);
};
