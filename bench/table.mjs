/**
 * @typedef {object} Report
 * @property {string} title
 * @property {string[][]} ratios name, value and spread of each ratio
 * @property {string[]} columns the headings of the rows' values
 * @property {string[][]} rows name and values
 * @property {string[]} notes
 */

/**
 * Prints a benchmark's report, ratios first.
 * @param {Report} report
 */
export function print({ title, ratios, columns, rows, notes }) {
  console.log(`\n${title}\n`);
  for (const line of aligned(ratios)) console.log(`  ${line}`);
  console.log();
  for (const line of aligned([["", ...columns], ...rows])) console.log(`  ${line}`);
  console.log();
  for (const note of notes) console.log(`  ${note}`);
}

/** @param {string[][]} rows */
function aligned(rows) {
  const widths = rows.reduce(
    (widest, row) => row.map((cell, i) => Math.max(cell.length, widest[i] ?? 0)),
    /** @type {number[]} */ ([]),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
