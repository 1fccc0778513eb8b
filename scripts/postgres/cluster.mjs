import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Fault } from "../fault.mjs";
import { bareEnvironment } from "../processes.mjs";
import { keptSecret } from "../secrets.mjs";
import { canReach, serverAccount } from "./account.mjs";
import { binariesFor, OUTSIDE } from "./binaries.mjs";
import { filesIn, makeDirectory } from "./files.mjs";

/** The cluster's superuser, whom the app connects as. */
export const USER = "latchkey";

/** @typedef {ReturnType<typeof locateCluster>} Cluster */

/**
 * Finds out where a data directory's cluster is, or will be, who runs it and with which binaries.
 * @param {string} dataDir
 */
export function locateCluster(dataDir) {
  const directory = clusterDirectory(dataDir);
  const account = serverAccount(directory);
  return { dataDir, directory, account, binaries: binariesFor(account) };
}

/** @param {string} dataDir */
function clusterDirectory(dataDir) {
  const files = filesIn(dataDir);
  if (existsSync(files.elsewhere)) return readFileSync(files.elsewhere, "utf8");
  if (existsSync(files.cluster) || canReach(serverAccount(files.cluster), dataDir)) return files.cluster;
  // A random name, not one made of the path: whoever deletes the data directory to start anew gets a new cluster.
  const directory = join(OUTSIDE, `latchkey-${randomBytes(6).toString("hex")}`, basename(files.cluster));
  makeDirectory(dirname(directory));
  writeFileSync(files.elsewhere, directory, { mode: 0o600 });
  return directory;
}

/**
 * Makes the cluster unless it is there. Throws a Fault with initdb's words if it can't.
 * @param {Cluster} cluster
 * @param {{ fast: boolean, signal: AbortSignal }} options
 */
export async function makeCluster({ dataDir, directory, account, binaries }, { fast, signal }) {
  if (existsSync(directory)) return;
  removeDrafts(directory);
  // Made under another name, so that a cluster is either whole or not there, whenever we are killed.
  const draft = `${directory}.new-${randomBytes(4).toString("hex")}`;
  const passwordFile = `${draft}.password`;
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, keptSecret(filesIn(dataDir).password), { mode: 0o600 });
  for (const path of [draft, passwordFile]) chownSync(path, account.uid ?? -1, account.gid ?? -1);
  try {
    await initdb(join(binaries, "bin/initdb"), account, signal, [
      `--pgdata=${draft}`,
      `--pwfile=${passwordFile}`,
      `--username=${USER}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // PostgreSQL's own C.UTF-8 sorts alike on every system, whatever locales are installed.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-instructions",
      ...(fast ? ["--no-sync"] : []),
    ]);
    rmSync(passwordFile);
    renameSync(draft, directory);
  } catch (error) {
    removeDrafts(directory);
    throw error;
  }
}

/**
 * @param {string} program
 * @param {import("./account.mjs").Account} account
 * @param {AbortSignal} signal
 * @param {string[]} args
 */
async function initdb(program, account, signal, args) {
  const child = spawn(program, args, {
    ...account,
    cwd: "/",
    env: bareEnvironment,
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Fault(`PostgreSQL's initdb failed: ${output.trim()}`);
}

/** @param {string} directory */
function removeDrafts(directory) {
  for (const name of readdirSync(dirname(directory))) {
    if (name.startsWith(`${basename(directory)}.new-`)) {
      rmSync(join(dirname(directory), name), { recursive: true, force: true });
    }
  }
}
