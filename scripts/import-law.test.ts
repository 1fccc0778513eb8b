import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Files that break the import law, each with its import and the rule that must report it. */
const planted: [file: string, imported: string, rule: string][] = [
  ["src/env.ts", "@/db/client", "leaves-know-nobody"],
  ["src/db/planted.ts", "@/otp/code", "db-knows-only-leaves"],
  ["src/otp/planted.ts", "@/accounts/passwords", "otp-is-a-room-of-its-own"],
  ["src/accounts/planted.ts", "@/otp/code", "accounts-is-a-room-of-its-own"],
  ["src/limits/planted.ts", "@/accounts/passwords", "limits-is-a-room-of-its-own"],
  ["src/delivery/planted.ts", "@/otp/code", "delivery-may-render-emails"],
  ["src/emails/planted.ts", "@/env", "emails-know-nobody"],
  ["src/flows/planted.ts", "@/trpc/root", "flows-compose-rooms"],
  ["src/trpc/planted.ts", "@/db/client", "trpc-calls-flows"],
  ["src/jobs/planted.ts", "@/trpc/root", "jobs-stand-beside-trpc"],
  ["src/app/planted.ts", "@/flows/sign-up", "pages-know-trpc-only"],
  // A page gets data only from procedures, which check who calls (ADM-01).
  ["src/app/admin/planted/page.tsx", "@/db/client", "pages-know-trpc-only"],
  ["src/app/admin/planted/numbers.ts", "@/analytics/overview", "pages-know-trpc-only"],
  ["src/app/api/planted.ts", "@/db/client", "api-routes-are-transport"],
  ["src/components/planted.ts", "@/trpc/server", "components-fetch-nothing"],
  ["src/flows/next.ts", "next/headers", "free-of-next-and-react"],
  ["src/app/signup/planted/form.tsx", "@/components/planted", "nothing-from-the-server-in-the-browser"],
  ["src/limits/shipped.ts", "@/testing/people", "tests-are-not-imported"],
];

let tree = "";

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "latchkey-law-"));
  for (const name of ["src", "drizzle", "tsconfig.json", "package.json", ".dependency-cruiser.cjs"])
    cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
});

afterAll(() => rmSync(tree, { recursive: true }));

type Judged = { status: number | null; report: string };

/** @param files those that are looked at; but for the whole of src, of what they import trpc alone is looked into */
function judge(config: string, files: string[]): Judged {
  const cli = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const near = files.includes("src") ? [] : ["--do-not-follow", "^(?!src/trpc/)"];
  const { status, stdout } = spawnSync(process.execPath, [cli, "--config", config, ...near, ...files], {
    cwd: tree,
    encoding: "utf8",
  });
  return { status, report: stdout };
}

// `npm test -- imports` checks the law itself.
test("src has no circle of type imports, and a planted one is found", () => {
  // The law allows every import of types. A circle of types still makes code hard to read.
  writeFileSync(
    join(tree, "types.cjs"),
    `const { forbidden, options } = require("./.dependency-cruiser.cjs");
    const circles = forbidden.filter(({ name }) => name === "no-circles");
    module.exports = { forbidden: circles, options: { ...options, tsPreCompilationDeps: true } };\n`,
  );
  const { report: law } = judge("types.cjs", ["src"]);
  expect(law).toContain("no dependency violations found");
  // A cruiser that understood no TypeScript would find no violation either.
  expect(Number(/\((\d+) modules/.exec(law)?.[1])).toBeGreaterThan(100);
  writeFileSync(join(tree, "src/circle.ts"), 'import type { B } from "./around";\nexport type A = B[];\n');
  writeFileSync(join(tree, "src/around.ts"), 'import type { A } from "./circle";\nexport type B = { a: A };\n');
  const { status, report } = judge("types.cjs", ["src/circle.ts", "src/around.ts"]);
  expect(report).toContain("error no-circles: src/around.ts →");
  expect(status).not.toBe(0);
});

test("a planted violation of each rule of the import law is found", () => {
  for (const [file, imported] of planted) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `import * as planted from "${imported}";\nconsole.log(planted);\n`);
  }
  const { status, report } = judge(
    ".dependency-cruiser.cjs",
    planted.map(([file]) => file),
  );
  const missed = planted.filter(([file, , rule]) => !report.includes(`error ${rule}: ${file} →`));
  expect(missed).toEqual([]);
  expect(status).not.toBe(0);
});
