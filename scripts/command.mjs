import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Fault } from "./fault.mjs";

/**
 * Runs a command's body if node was started with its file, and not if the file is imported. A failure is printed and
 * exits with 1. Of a Fault only the message is printed.
 * @param {string} url the command's import.meta.url
 * @param {() => Promise<void>} body
 */
export async function command(url, body) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Fault ? error.message : error);
    process.exit(1);
  }
}
