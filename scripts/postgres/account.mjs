import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { Fault } from "../fault.mjs";

/**
 * The system account that the server runs as; empty for our own.
 * @typedef {{ uid?: number, gid?: number }} Account
 */

/**
 * PostgreSQL refuses to run as root: there it runs as the cluster's owner, for a new one as `postgres` or `nobody`.
 * @param {string} cluster its directory, which need not exist yet
 * @returns {Account}
 */
export function serverAccount(cluster) {
  if (process.getuid?.() !== 0) return {};
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster);
    if (uid !== 0) return { uid, gid };
  }
  const account = accountOf("postgres") ?? accountOf("nobody");
  if (account) return account;
  throw new Fault("PostgreSQL cannot run as root, and there is no user postgres or nobody: set DATABASE_URL instead.");
}

/**
 * @param {string} user
 * @returns {Account | undefined}
 */
function accountOf(user) {
  try {
    const [uid, gid] = ["-u", "-g"].map((option) =>
      Number(execFileSync("id", [option, user], { stdio: ["ignore", "pipe", "ignore"] })),
    );
    return { uid, gid };
  } catch {
    return undefined;
  }
}

/**
 * @param {Account} account
 * @param {string} directory
 */
export function canReach(account, directory) {
  const { status } = spawnSync("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { ...account, stdio: "ignore" });
  return status === 0;
}
