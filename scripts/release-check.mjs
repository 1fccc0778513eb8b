import { spawnSync } from "node:child_process";
import { command } from "./command.mjs";
import { root } from "./ensure.mjs";
import { Fault } from "./fault.mjs";

/**
 * What is asked of the registry before a release, and needs the network. What cannot be asked is a failure too: a check
 * that was not made must not look like one that passed.
 */
const CHECKS = [
  {
    name: "no known flaw, of high severity or worse, in what is installed",
    args: ["audit", "--omit=dev", "--audit-level=high"],
  },
  { name: "every package is signed by its registry, as it was when it was locked", args: ["audit", "signatures"] },
];

/** For npm as for us: a registry that does not answer is one that cannot be asked. Milliseconds. */
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
  console.log("\nReady: now npm test, and npm run sbom for the bill of materials.");
});
