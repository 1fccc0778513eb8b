/** Links and redirects. @type {import("./planted.mjs").Planted[]} */
export const links = [
  {
    requirement: "LNK-01",
    name: "opening a link spends it",
    file: "src/otp/tokens.ts",
    from: `  for (const { from, live, sNo } of tokenKinds[purpose].places) {
    const [found] = await db.execute<{ s_no: string }>(
      sql\`select \${sNo} as s_no from \${from} where \${live(hashToken(token))}\`,`,
    to: `  for (const { spend, live, sNo } of tokenKinds[purpose].places) {
    const [found] = await db.execute<{ s_no: string }>(
      sql\`\${spend} where \${live(hashToken(token))} returning \${sNo} as s_no\`,`,
    tests: ["src/otp/links.test.ts"],
  },
  {
    requirement: "LNK-02",
    name: "links begin with where the app listens",
    file: "src/delivery/pages.ts",
    from: "const url = new URL(path, env().baseUrl.origin);",
    to: "const url = new URL(path, `http://${env().host}:${env().port}`);",
    tests: ["e2e/attacks/redirects.test.ts"],
  },
  {
    requirement: "LNK-03",
    name: "a proof leaves the links beside the one that was used",
    file: "src/otp/retire.ts",
    from: "sql`${tokens.usedAt} is null`",
    to: "sql`false`",
    tests: ["src/flows/email-verification.test.ts"],
  },
  {
    requirement: "LNK-05",
    name: "a way onward leads anywhere",
    file: "src/trpc/safe-next.ts",
    from: 'if (typeof value !== "string" || ',
    to: 'if (typeof value === "string") return value;\n  if (typeof value !== "string" || ',
    tests: ["src/trpc/safe-next.test.ts"],
  },
];
