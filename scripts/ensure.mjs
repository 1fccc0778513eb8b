// Runs before anything is installed: Node's own modules only.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "./fault.mjs";

/** The project's directory. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const OLDEST_NODE = [20, 19];
const NEXT = join(root, "node_modules/next/dist/bin/next");

/** Installs the packages unless those of package-lock.json are there. Throws a Fault on an old Node or if npm fails. */
export function ensureInstalled() {
  requireNode();
  const lock = join(root, "package-lock.json");
  const stamp = join(root, "node_modules/.latchkey-lock");
  const hash = createHash("sha256").update(readFileSync(lock)).digest("hex");
  if (textOf(stamp) === hash) return;
  // npm keeps this copy of the lock beside the packages. If it is newer than our mark, someone else has run npm since.
  const npmRan = changedAt(join(root, "node_modules/.package-lock.json"));
  if (npmRan >= changedAt(lock) && npmRan > changedAt(stamp)) return;
  run("Installing packages (npm ci)", "npm", ["ci", "--no-audit", "--no-fund", "--include=dev"]);
  writeFileSync(stamp, hash);
}

/** Builds the app unless the sources are the same as at the last build. Throws a Fault if the build fails. */
export function ensureBuilt() {
  const stamp = join(root, ".next/latchkey-sources");
  const hash = hashOfSources();
  if (textOf(stamp) === hash && existsSync(join(root, ".next/BUILD_ID"))) return;
  rmSync(stamp, { force: true });
  run("Building (next build)", process.execPath, [NEXT, "build"], {
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
  });
  writeFileSync(stamp, hash);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Fault(
    `Latchkey needs Node ${OLDEST_NODE.join(".")} or newer; this is ${process.versions.node}. See https://nodejs.org`,
  );
}

function hashOfSources() {
  const hash = createHash("sha256");
  for (const file of ["package-lock.json", "next.config.mjs", "tsconfig.json", ...sources("src")]) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} folder relative to the project
 * @returns {string[]} the files in it and below it, in a fixed order, without the tests
 */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sources(path);
      return /\.test\.\w+$/.test(entry.name) ? [] : [path];
    });
}

/**
 * @param {string} what
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function run(what, program, args, env) {
  console.log(`${what} …`);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
    shell: process.platform === "win32",
  });
  if (error) throw new Fault(`${what} failed: ${error.message}`);
  if (status !== 0) throw new Fault(`${what} failed.`);
}

/** @param {string} file */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/**
 * @param {string} file
 * @returns {number} milliseconds; 0 if the file does not exist
 */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
