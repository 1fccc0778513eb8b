/** What a cell of a file may hold. */
export type CsvValue = string | number | boolean | null;

/**
 * Where a spreadsheet may read a text as a formula, full-width signs too: at its beginning. A spreadsheet that splits cells
 * at semicolons or tabs may do so after each of them and on every new line, because it ignores quotes within a cell.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/**
 * A table as CSV (RFC 4180): a line of titles, then a line for each row, with CRLF. A text that a spreadsheet would read
 * as a formula gets an apostrophe before it (OWASP, "CSV injection"), because strangers typed names and addresses.
 */
export function toCsv(titles: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: CsvValue): string {
  if (value === null) return "";
  // Numbers are our own. They can begin with a minus.
  if (typeof value !== "string") return String(value);
  const text = value.replace(FORMULA, "'");
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
