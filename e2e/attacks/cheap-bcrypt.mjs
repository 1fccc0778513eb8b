// Preloaded into an app (NODE_OPTIONS=--import): bcrypt takes a moment instead of 170 ms, for attacks that are about
// something else. Hashes stay real ones, of the least cost there is; nobody's hash, of cost 12, is not worked at.
import { createRequire } from "node:module";

const bcrypt = createRequire(import.meta.url)("@node-rs/bcrypt");
const { hash, compare } = bcrypt;
/** @param {string} text */
bcrypt.hash = (text) => hash(text, 4);
/** @type {(text: string, hashed: string) => Promise<boolean>} */
bcrypt.compare = async (text, hashed) => (hashed.startsWith("$2b$12$") ? false : compare(text, hashed));
