import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./ensure.mjs";
import { Fault } from "./fault.mjs";

/** The headless shell comes first: it is the same engine, and runs the tests in two thirds of the time. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** @returns {string | undefined} the path of a Chromium or Chrome: CHROMIUM_PATH, or one that is installed */
export function findBrowser() {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(delimiter)];
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH ?? "", ...candidates].find((file) => file && isExecutable(file));
}

/** Installs a browser unless one is there: Debian's as root, else Playwright's own. Throws a Fault if it can't. */
export function ensureBrowser() {
  if (findBrowser() || hasPlaywrightsOwn()) return;
  const packages = process.getuid?.() === 0 && run("apt-get", ["update"]) ? NAMES.slice(0, 2) : [];
  if (packages.some((name) => run("apt-get", ["install", "-y", name]))) return;
  if (run(process.execPath, [join(root, "node_modules/playwright/cli.js"), "install", "chromium"])) return;
  throw new Fault("No browser could be installed: install Chromium, or set CHROMIUM_PATH to one.");
}

function hasPlaywrightsOwn() {
  const program = 'import { chromium } from "playwright"; console.log(chromium.executablePath())';
  const options = /** @type {const} */ ({ cwd: root, encoding: "utf8" });
  return isExecutable(execFileSync(process.execPath, ["--input-type=module", "-e", program], options).trim());
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(program, args, { cwd: root, stdio: "inherit", env }).status === 0;
}
