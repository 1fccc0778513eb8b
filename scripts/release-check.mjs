import { spawnSync } from "node:child_process";
import { command } from "./command.mjs";
import { root } from "./ensure.mjs";
import { Fault } from "./fault.mjs";

/**
 * The checks before a release that ask the registry over the network. A check that cannot be made counts as failed, so
 * that it does not look like one that passed.
 */
const CHECKS = [
  {
    name: "no known flaw, of high severity or worse, in what is installed",
    args: ["audit", "--omit=dev", "--audit-level=high"],
  },
  { name: "every package is signed by its registry, as it was when it was locked", args: ["audit", "signatures"] },
];

/** After this time without an answer, in milliseconds, both npm and this script give the registry up. */
const PATIENCE = { fetch: 20_000, check: 180_000 };

await command(import.meta.url, async () => {
  const failed = CHECKS.filter(({ name, args }) => {
    const { status, stdout, stderr, error } = spawnSync("npm", args, {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 100_000_000,
      timeout: PATIENCE.check,
      env: { npm_config_fetch_timeout: String(PATIENCE.fetch), npm_config_fetch_retries: "1", ...process.env },
    });
    console.log(`${status === 0 ? "✓" : "✗"} ${name}`);
    if (status !== 0) console.log(`${stdout}${stderr}${error ? `\nnpm did not end: ${error.message}` : ""}`.trim());
    return status !== 0;
  });
  if (failed.length > 0) throw new Fault("\nNot to be released.");
  console.log("\nThe registry knows of no flaw. Next: npm test, then npm run sbom for the bill of materials.");
});
