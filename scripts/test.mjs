import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ensureBrowser, findBrowser } from "./browser.mjs";
import { command } from "./command.mjs";
import { ensureBuilt, ensureInstalled, root } from "./ensure.mjs";
import { Fault } from "./fault.mjs";

/**
 * A step runs a program of node_modules/.bin with its arguments, or a function of ours. Asked for alone, it runs what it
 * needs first. `long` are those of `npm run test:long`.
 * @typedef {{ name: string, run: string[] | (() => void), needs?: string, long?: true }} Step
 */

const LONG = "--long";

/**
 * What `npm test` checks, in order; `npm test -- NAME` runs one step. The steps of a line run at the same time.
 * @type {Step[][]}
 */
const STEPS = [
  [
    { name: "biome", run: ["biome", "ci", "."] },
    { name: "typegen", run: ["next", "typegen"] },
  ],
  [
    { name: "types", run: ["tsc", "--noEmit"], needs: "typegen" },
    { name: "oxlint", run: ["oxlint", "--type-aware"], needs: "typegen" },
    { name: "imports", run: ["depcruise", "--config", ".dependency-cruiser.cjs", "src"] },
    { name: "unused", run: ["knip"] },
  ],
  [{ name: "unit", run: ["vitest", "run", "--project", "unit*"], long: true }],
  [{ name: "build", run: ensureBuilt, long: true }],
  [{ name: "attacks", run: ["vitest", "run", "--project", "attacks*"], long: true }],
  [{ name: "browser", run: ensureBrowser }],
  [{ name: "e2e", run: ["playwright", "test"] }],
];

await command(import.meta.url, async () => {
  ensureInstalled();
  const words = process.argv.slice(2);
  const isLong = words[0] === LONG;
  const [only, ...args] = isLong ? words.slice(1) : words;
  // Read by src/testing/long.ts.
  if (isLong) process.env.LONG = "1";
  for (const line of only ? alone(only) : isLong ? longSteps() : STEPS) {
    const failed = (
      await Promise.all(line.map((step) => runStep(step, step.name === only ? args : [], line.length > 1)))
    ).filter(Boolean);
    if (failed.length > 0) throw new Fault(`\n✗ npm test failed at: ${failed.join(", ")}`);
  }
  if (!only) console.log("\n✓ All is well.");
});

/**
 * One step, after the one that it needs.
 * @param {string} name
 * @returns {Step[][]}
 */
function alone(name) {
  const step = named(name);
  return step.needs ? [[named(step.needs)], [step]] : [[step]];
}

/** @returns {Step[][]} */
function longSteps() {
  return STEPS.map((line) => line.filter((step) => step.long)).filter((line) => line.length > 0);
}

/**
 * @param {string} name
 * @returns {Step}
 */
function named(name) {
  const steps = STEPS.flat();
  const step = steps.find((candidate) => candidate.name === name);
  if (!step) throw new Fault(`There is no step "${name}". The steps: ${steps.map((known) => known.name).join(", ")}`);
  return step;
}

/**
 * @param {Step} step
 * @param {string[]} args more arguments for the program
 * @param {boolean} beside whether others run at the same time: then its output waits for its end
 * @returns {Promise<string | undefined>} its name if it has failed
 */
async function runStep({ name, run }, args, beside) {
  const start = performance.now();
  if (!beside) console.log(`\n── ${name}`);
  const { passed, output } = await (Array.isArray(run) ? runProgram([...run, ...args], beside) : runFunction(run));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (beside) console.log(`\n── ${name}\n${output.trim()}`);
  console.log(`${passed ? "✓" : "✗"} ${name} ${seconds} s`);
  return passed ? undefined : name;
}

/**
 * @param {string[]} line
 * @param {boolean} collect
 */
async function runProgram([program = "", ...args], collect) {
  const child = spawn(join(root, "node_modules/.bin", program), args, {
    cwd: root,
    stdio: ["ignore", collect ? "pipe" : "inherit", collect ? "pipe" : "inherit"],
    env: environment(),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const [status] = await once(child, "close");
  return { passed: status === 0, output };
}

/** @param {() => void} run */
async function runFunction(run) {
  try {
    run();
    return { passed: true, output: "" };
  } catch (error) {
    console.error(error instanceof Fault ? error.message : error);
    return { passed: false, output: "" };
  }
}

function environment() {
  const browser = findBrowser();
  return browser ? { ...process.env, CHROMIUM_PATH: browser } : process.env;
}
