/** What a cell of a file may hold. */
export type CsvValue = string | number | boolean | null;

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
  const text = /^[\s]*[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
