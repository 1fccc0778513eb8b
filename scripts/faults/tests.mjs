import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { findBrowser } from "../browser.mjs";
import { signal } from "../processes.mjs";

/** A runner is ended after this time, in milliseconds. The build and the slowest attacks take a third of it. */
const AT_MOST = 30 * 60_000;

/**
 * A test that ran: its file, its full name, and its failures, if any.
 * @typedef {{ file: string, name: string, failures: string[] }} Ran
 */

/**
 * Runs the tests in these files whose names match the filter, with the runner of each file.
 * @param {string} path the project's copy
 * @param {string[]} files
 * @param {string} filter a regular expression for names
 * @returns {Promise<{ tests: Ran[], output: string }>} the tests that ran, none if the runner itself failed; the end of
 *   its output
 */
export async function runTests(path, files, filter) {
  /** @type {Ran[]} */
  const tests = [];
  let output = "";
  for (const { is, run } of runners) {
    const theirs = files.filter(is);
    if (theirs.length === 0) continue;
    const ran = await run(path, theirs, filter);
    tests.push(...ran.tests);
    output += ran.output.slice(-4000);
  }
  return { tests, output };
}

const isSpec = (/** @type {string} */ file) => file.endsWith(".spec.ts");
const isAttack = (/** @type {string} */ file) => file.startsWith("e2e/attacks/");

const runners = [
  { is: (/** @type {string} */ file) => !isSpec(file) && !isAttack(file), run: vitest("unit*") },
  { is: isAttack, run: vitest("attacks*") },
  { is: isSpec, run: playwright },
];

/**
 * The attacks' set-up builds the app if its sources have changed.
 * @param {"unit*" | "attacks*"} project
 */
function vitest(project) {
  return async (/** @type {string} */ path, /** @type {string[]} */ files, /** @type {string} */ filter) => {
    const report = join(path, "test-results-vitest.json");
    const args = ["run", "--project", project, "-t", filter, "--reporter=json", `--outputFile=${report}`, ...files];
    const { output } = await runProgram(path, "vitest", args);
    /** @type {{ testResults: { name: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[] } | undefined} */
    const told = readReport(report);
    const tests = (told?.testResults ?? []).flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === "passed" || status === "failed")
        .map((one) => ({
          file: name.slice(path.length + 1),
          name: one.fullName,
          failures: one.status === "failed" ? one.failureMessages : [],
        })),
    );
    return { tests, output };
  };
}

/**
 * @typedef {{ file: string, title: string, suites?: Suite[], specs: { file: string, title: string, tests: { results: { status: string, errors: { message?: string }[] }[] }[] }[] }} Suite
 */

/**
 * @param {string} path
 * @param {string[]} files
 * @param {string} filter
 */
async function playwright(path, files, filter) {
  const report = join(path, "test-results-playwright.json");
  const build = 'import("./scripts/ensure.mjs").then(({ ensureBuilt }) => ensureBuilt())';
  const built = await runProgram(path, process.execPath, ["--input-type=module", "-e", build]);
  const args = ["test", "--retries=0", "--reporter=json", "--grep", filter, ...files];
  const { output } = await runProgram(path, "playwright", args, { PLAYWRIGHT_JSON_OUTPUT_FILE: report });
  /** @type {{ suites: Suite[] } | undefined} */
  const told = readReport(report);
  return { tests: (told?.suites ?? []).flatMap((suite) => testsOf(suite, "")), output: built.output + output };
}

/**
 * @param {Suite} suite
 * @param {string} above
 * @returns {Ran[]}
 */
function testsOf(suite, above) {
  const name = `${above} ${suite.title}`;
  const own = suite.specs.flatMap(({ file, title, tests }) =>
    tests.flatMap(({ results }) =>
      results
        .filter(({ status }) => status !== "skipped")
        .map(({ status, errors }) => ({
          file: `e2e/${file}`,
          name: `${name} ${title}`,
          failures: status === "passed" ? [] : errors.map(({ message }) => stripVTControlCharacters(message ?? "")),
        })),
    ),
  );
  return [...own, ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, name))];
}

/**
 * Reads a report and removes it, so that a later run cannot read it again.
 * @param {string} file
 */
function readReport(file) {
  if (!existsSync(file)) return undefined;
  const told = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return told;
}

/**
 * @param {string} path
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [more]
 * @returns {Promise<{ output: string }>}
 */
function runProgram(path, program, args, more = {}) {
  const file = program.startsWith("/") ? program : join(path, "node_modules/.bin", program);
  const browser = findBrowser();
  const env = { ...process.env, ...(browser ? { CHROMIUM_PATH: browser } : {}), ...more };
  const child = spawn(file, args, {
    cwd: path,
    // A process group of its own, so that the runner's children are ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const end = () => {
    if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
  };
  const limit = setTimeout(end, AT_MOST);
  // Ends leftover processes before the files they use are removed.
  process.prependOnceListener("exit", end);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(limit);
      process.off("exit", end);
      resolve({ output });
    });
  });
}
