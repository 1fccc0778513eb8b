/** What a cell of a file may hold. */
export type CsvValue = string | number | boolean | null;

/**
 * Where a spreadsheet may take a text for a formula, full-width signs too: at its beginning, and, where it parts cells by
 * semicolons or tabs, after each and on every new line, because quotes within such a cell mean nothing to it.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/**
 * A table as CSV (RFC 4180): a line of titles, one of each row, CRLF between. A text that a spreadsheet would take for
 * a formula gets an apostrophe before it (OWASP, "CSV injection"): names and addresses were typed by strangers.
 */
export function toCsv(titles: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: CsvValue): string {
  if (value === null) return "";
  // A number is ours, and may begin with a minus.
  if (typeof value !== "string") return String(value);
  const text = value.replace(FORMULA, "'");
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
