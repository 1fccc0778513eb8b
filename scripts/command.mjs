import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Fault } from "./fault.mjs";

/**
 * Runs a command's body when its file is the one that node was started with, not when it is imported.
 * A failure is printed (a Fault as its message alone) and exits 1.
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
