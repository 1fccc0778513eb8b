import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { command } from "./command.mjs";
import { root } from "./ensure.mjs";
import { Fault } from "./fault.mjs";

const USAGE = "Usage: npm run sbom -- FILE";

/**
 * `npm run sbom -- FILE`: writes the bill of materials of an installation as CycloneDX JSON. It is made from the
 * lockfile and lists every package with its version, licence and hash. Packages for development only are left out.
 */
await command(import.meta.url, async () => {
  const [file, ...rest] = process.argv.slice(2);
  if (!file || rest.length > 0) throw new Fault(USAGE);
  // npm runs this in the project's folder, but the file's name is relative to where the command was typed.
  const path = resolve(process.env.INIT_CWD ?? ".", file);
  const folder = mkdtempSync(join(tmpdir(), "latchkey-sbom-"));
  try {
    const name = copyWithoutDevelopment(folder);
    const { status, stdout, stderr } = spawnSync(
      "npm",
      ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application", "--package-lock-only"],
      { cwd: folder, encoding: "utf8", maxBuffer: 100_000_000 },
    );
    if (status !== 0) throw new Fault(`npm sbom failed:\n${stderr}`);
    const bill = JSON.parse(stdout);
    // npm takes the name from the folder, which is a temporary one.
    bill.metadata.component.name = name;
    writeFileSync(path, `${JSON.stringify(bill, null, 2)}\n`);
    console.log(`${bill.components.length} packages are listed in ${file}.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * Copies package.json and its lock into a folder without the development dependencies. npm's --omit=dev would also
 * leave out packages that both development and the app need, such as zod.
 * @param {string} folder
 * @returns {string} the name of the package
 */
function copyWithoutDevelopment(folder) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  delete manifest.devDependencies;
  delete lock.packages[""].devDependencies;
  for (const [path, { dev }] of Object.entries(lock.packages)) if (dev) delete lock.packages[path];
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  return manifest.name;
}
