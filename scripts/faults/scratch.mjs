import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../ensure.mjs";
import { Fault } from "../fault.mjs";

/**
 * Copies the project into a temporary directory, without the files that git ignores. Packages are hard links, because
 * Next would follow a symbolic link out of the directory.
 * @returns the copy's path, `remove`, and `plant`, which makes one change and returns a function that undoes it
 */
export async function scratchCopy() {
  const path = mkdtempSync(join(tmpdir(), "latchkey-faults-"));
  // Under root the tests' database runs as another user, who must be able to enter the directory.
  chmodSync(path, 0o755);
  const remove = () => rmSync(path, { recursive: true, force: true });
  // By default Ctrl-C ends the process without running `finally`.
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
