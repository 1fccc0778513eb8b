import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../ensure.mjs";
import { Fault } from "../fault.mjs";

/**
 * Copies the project as it is, without what git ignores, into a directory of its own, and the packages as hard links
 * (a symbolic link would lead Next out of its directory).
 * @returns the copy's path, `plant`, which makes one change and returns what takes it back, and `remove`
 */
export async function scratchCopy() {
  const path = mkdtempSync(join(tmpdir(), "latchkey-faults-"));
  // Under root the tests' database runs as another user, who has to pass through.
  chmodSync(path, 0o755);
  const remove = () => rmSync(path, { recursive: true, force: true });
  // Ctrl-C ends the process without its `finally`.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(1));
  process.once("exit", remove);
  for (const file of projectFiles()) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(root, file), join(path, file));
  }
  const [from, to] = [join(root, "node_modules"), join(path, "node_modules")];
  if (spawnSync("cp", ["-al", from, to]).status !== 0) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
  return { path, remove, plant: (/** @type {import("./planted.mjs").Planted} */ fault) => plant(path, fault) };
}

function projectFiles() {
  try {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    return listed.split("\0").filter((file) => file && existsSync(join(root, file)));
  } catch {
    throw new Fault("npm run faults copies what git knows of: it needs git, and a clone.");
  }
}

/**
 * @param {string} path
 * @param {import("./planted.mjs").Planted} fault
 */
function plant(path, { name, file, from, to }) {
  const whole = join(path, file);
  const before = readFileSync(whole, "utf8");
  if (before.split(from).length !== 2) throw new Fault(`${name}: its text must occur once in ${file}`);
  writeFileSync(
    whole,
    before.replace(from, () => to),
  );
  return () => writeFileSync(whole, before);
}
