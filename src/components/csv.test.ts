import fc from "fast-check";
import { expect, test } from "vitest";
import { toCsv } from "./csv";

test("writes titles and rows, and quotes what would break a line", () => {
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

test.each(["=1+1", "+1 415 555", "-2", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "\n@x"])(
  "neutralises the formula %j",
  (formula) => {
    const [, line = ""] = toCsv(["x"], [[formula]]).split(/\r\n(?=["'])/);
    expect(line.replace(/^"/, "")).toMatch(/^'/);
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

test("whatever the texts are, it reads back as they were, but for the apostrophes", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 2 }), { maxLength: 5 }), (rows) => {
      const read = parse(toCsv(["a", "b"], rows)).slice(1);
      expect(read.map((row) => row.map((text) => text.replace(/^'(?=\s*[=+\-@\t\r\n])/, "")))).toEqual(rows);
    }),
  );
});
