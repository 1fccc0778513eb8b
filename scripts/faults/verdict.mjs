/** How Vitest, fast-check and Playwright report a failed assertion, as opposed to another error. */
const ASSERTION = /\bAssertionError\b|^Error: (promise (resolved|rejected) |Property failed|expect\()/m;

/**
 * The verdict of each test file of a fault: `found` (failed by an assertion), `green` (passed), or `not run` (no test
 * of that name ran, or it failed by another error, which says nothing about the defence).
 * @param {Pick<import("./planted.mjs").Planted, "requirement" | "only" | "tests">} fault
 * @param {{ tests: import("./tests.mjs").Ran[] }} ran
 * @returns {{ test: string, verdict: "found" | "green" | "not run", why: string }[]}
 */
export function verdictOf({ requirement, only = requirement, tests }, ran) {
  const name = new RegExp(only);
  return tests.map((test) => {
    const its = ran.tests.filter((one) => one.file === test && name.test(one.name));
    const failed = its.filter(({ failures }) => failures.length > 0);
    const asserted = failed.flatMap(({ failures }) => failures).find((message) => ASSERTION.test(message));
    if (asserted) return { test, verdict: "found", why: `failed: ${firstLine(asserted)}` };
    if (its.length === 0) return { test, verdict: "not run", why: `ran no test named ${only}` };
    if (failed.length === 0) return { test, verdict: "green", why: `passed, ${its.length} tests` };
    return { test, verdict: "not run", why: `broke otherwise: ${firstLine(failed[0]?.failures[0] ?? "")}` };
  });
}

/** @param {string} message */
const firstLine = (message) => message.split("\n", 1)[0]?.slice(0, 160);
