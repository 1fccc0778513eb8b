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

await command(import.meta.url, async () => {
  const failed = CHECKS.filter(({ name, args }) => {
    const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8" });
    console.log(`${status === 0 ? "✓" : "✗"} ${name}`);
    if (status !== 0) console.log(`${stdout}${stderr}`.trim());
    return status !== 0;
  });
  if (failed.length > 0) throw new Fault("\nNot to be released.");
  console.log("\nReady: now npm test, and npm run sbom for the bill of materials.");
});
