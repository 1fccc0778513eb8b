/** Codes: how they are bound to a browser, ended and spent. @type {import("./planted.mjs").Planted[]} */
export const codes = [
  {
    requirement: "COD-03",
    name: "a code is spent as often as it is right",
    file: "src/otp/verify.ts",
    from: `    .where(and(eq(ledger.sNo, sNo), isLive))
    .returning({ sNo: ledger.sNo });
  return spent.length === 1 && store.spend(tx, sNo);`,
    to: `    .where(eq(ledger.sNo, sNo))
    .returning({ sNo: ledger.sNo });
  await store.spend(tx, sNo);
  return spent.length === 1;`,
    tests: ["src/flows/sign-up.test.ts"],
  },
  {
    requirement: "COD-04",
    name: "a code works in any browser",
    file: "src/otp/verify.ts",
    from: "eq(ledger.purpose, policy.purpose), eq(ledger.browser, browser));",
    to: "eq(ledger.purpose, policy.purpose), browser ? undefined : undefined);",
    tests: ["src/flows/sign-up.test.ts"],
  },
  {
    requirement: "COD-05",
    name: "a new code leaves the older one of another browser",
    file: "src/otp/issue.ts",
    from: "const siblings = and(sql`${real}`, counted(subject, share), eq(ledger.purpose, policy.purpose));",
    to: "const siblings = and(sql`${real}`, counted(subject, share), eq(ledger.purpose, policy.purpose), eq(ledger.browser, next.subject.address));",
    tests: ["src/flows/sign-up.test.ts", "src/flows/sign-in.test.ts"],
  },
  {
    requirement: "COD-07",
    name: "the receipt holds the code",
    file: "src/flows/ask.ts",
    from: `  return accept({
    channel,
    to: maskAddress(subject.address),`,
    to: `  return accept({
    code,
    channel,
    to: maskAddress(subject.address),`,
    tests: ["e2e/attacks/nothing-to-steal.test.ts"],
  },
];
