import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { Fault } from "./fault.mjs";
import { planted } from "./faults/planted.mjs";
import { scratchCopy } from "./faults/scratch.mjs";
import { runTests } from "./faults/tests.mjs";
import { verdictOf } from "./faults/verdict.mjs";

/**
 * `npm run faults`: removes one defence at a time, in a scratch copy, and runs the tests that its requirement names.
 * They must fail by an assertion. `npm run faults -- NAME` tries one fault, by its name or by its requirement.
 */
await command(import.meta.url, async () => {
  ensureInstalled();
  const names = process.argv.slice(2);
  const chosen = planted.filter(
    ({ name, requirement }) => names.length === 0 || names.includes(name) || names.includes(requirement),
  );
  const unknown = names.filter((given) => !chosen.some((fault) => [fault.name, fault.requirement].includes(given)));
  if (unknown.length > 0) throw new Fault(`There is no planted fault ${unknown.join(", ")}.`);

  const started = performance.now();
  const scratch = await scratchCopy();
  const green = [];
  try {
    const unsound = await unsoundAmong(scratch.path, chosen);
    for (const fault of chosen) if (unsound.has(fault) || !(await isFound(scratch, fault))) green.push(fault.name);
  } finally {
    scratch.remove();
  }
  const found = chosen.length - green.length;
  console.log(`\n${found} of ${chosen.length} planted faults were found, in ${since(started)}.`);
  if (green.length > 0) throw new Fault(`Not found: ${green.join(", ")}`);
});

/**
 * Runs the tests with no fault planted. A test that fails here cannot show that it finds a fault.
 * @param {string} path
 * @param {readonly import("./faults/planted.mjs").Planted[]} faults
 * @returns {Promise<Set<import("./faults/planted.mjs").Planted>>} the faults whose tests fail here
 */
async function unsoundAmong(path, faults) {
  const started = performance.now();
  const filter = [...new Set(faults.map(({ only, requirement }) => only ?? requirement))].join("|");
  const ran = await runTests(path, [...new Set(faults.flatMap(({ tests }) => tests))], filter);
  const unsound = new Set();
  for (const fault of faults)
    for (const { test, verdict, why } of verdictOf(fault, ran)) {
      if (verdict === "green") continue;
      console.log(`✗ Without any fault, for "${fault.name}": ${test} ${why}`);
      unsound.add(fault);
    }
  if (unsound.size > 0) console.log(ran.output);
  console.log(`Without any fault the tests of ${faults.length - unsound.size} pass, in ${since(started)}.`);
  return unsound;
}

/**
 * @param {Awaited<ReturnType<typeof scratchCopy>>} scratch
 * @param {import("./faults/planted.mjs").Planted} fault
 * @returns {Promise<boolean>} whether each of its tests failed by an assertion
 */
async function isFound(scratch, fault) {
  const started = performance.now();
  const putBack = scratch.plant(fault);
  try {
    const ran = await runTests(scratch.path, fault.tests, fault.only ?? fault.requirement);
    const verdicts = verdictOf(fault, ran);
    const isOk = verdicts.every(({ verdict }) => verdict === "found");
    console.log(`${isOk ? "✓" : "✗"} ${fault.requirement} ${fault.name}, ${since(started)}`);
    for (const { test, why } of verdicts) console.log(`    ${test} ${why}`);
    if (verdicts.some(({ verdict }) => verdict === "not run")) console.log(ran.output);
    return isOk;
  } finally {
    putBack();
  }
}

/** @param {number} started */
function since(started) {
  return `${((performance.now() - started) / 1000).toFixed(0)} s`;
}
