import fc from "fast-check";
import { expect, test } from "vitest";
import { toCsv } from "./csv";

test("writes titles and rows, and quotes values that would break a line", () => {
  expect(
    toCsv(
      ["Name", "Codes"],
      [
        ["Ada, Countess", 3],
        ['the "first"', 0],
        ["two\nlines", -1],
        [null, true],
      ],
    ),
  ).toBe('Name,Codes\r\n"Ada, Countess",3\r\n"the ""first""",0\r\n"two\nlines",-1\r\n,true\r\n');
});

test.each([
  "=1+1",
  "+1 415 555",
  "-2",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  " =cmd|' /C calc'!A0",
  "\n@x",
  "＝1+1",
  "＋1",
  " －2",
  "＠x",
])("neutralises the formula %j", (formula) => {
  const [, line = ""] = toCsv(["x"], [[formula]]).split(/\r\n(?=["'])/);
  expect(line.replace(/^"/, "")).toMatch(/^'/);
});

test.each(["x;=1+1", "x; ＝1+1", "x\t@y", "x\n-1", "x;y;+1", ";=1"])(
  "neutralises the formula in %j, where cells end at semicolons or tabs, too",
  (text) => {
    const [, ...lines] = toCsv(["x"], [[1, text]]).split(/\r\n?|\n/);
    // Such a cell begins with a number, so its quotes are text.
    const cells = lines.flatMap((line) => line.split(/[;\t]/));
    expect(cells.length).toBeGreaterThan(2);
    for (const cell of cells) expect(cell).not.toMatch(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
  },
);

/** Reads it back as a spreadsheet would. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < csv.length) {
    let value = "";
    if (csv[at] === '"') {
      for (at += 1; csv[at] !== '"' || csv[at + 1] === '"'; at += 1) {
        if (csv[at] === '"') at += 1;
        value += csv[at];
      }
      at += 1;
    } else while (csv[at] !== "," && csv[at] !== "\r") value += csv[at++];
    row.push(value);
    if (csv[at] === ",") at += 1;
    else {
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** The rows without the neutralising apostrophes. A text can have one of its own. */
const bare = (rows: string[][]) =>
  rows.map((row) =>
    row.map((text) => text.replace(/^'(?=[\t\r\n])|(?<=^|[;\t\r\n])'(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g, "")),
  );

test("any texts read back as they were, except for the apostrophes", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 }), { maxLength: 5 }), (rows) => {
      expect(bare(parse(toCsv(["a", "b"], rows)).slice(1))).toEqual(bare(rows));
    }),
  );
});
