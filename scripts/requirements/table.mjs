import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { root } from "../ensure.mjs";

/** The page with the table of requirements and their tests. */
export const TABLE = "docs/requirements.md";

/**
 * A row of the table: a requirement, whether it is starred, its description, and its tests by their paths in the
 * project. `instead` is the row's reason for having no test.
 * @typedef {{ id: string, star: boolean, what: string, files: { name: string, path: string }[], instead: string | undefined }} Row
 */

/** @returns {Row[]} the table's rows, in its order */
export function readRows() {
  const text = readFileSync(join(root, TABLE), "utf8");
  return [...text.matchAll(/^\| ([A-Z]+-\d+)( ★)? \| (.+?) \| (.+) \|$/gm)].map(
    ([, id = "", star, what = "", by = ""]) => ({
      id,
      star: Boolean(star),
      what,
      // Links are relative to the table's own file.
      files: [...by.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = "", link = ""]) => ({
        name,
        path: posix.join(dirname(TABLE), link),
      })),
      instead: /^does not apply: (.{10,})/.exec(by)?.[1],
    }),
  );
}

/**
 * Reads a test file without its comments, because a requirement that only a comment names is not tested.
 * @param {string} path
 */
export const codeOf = (path) => readFileSync(join(root, path), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "");
