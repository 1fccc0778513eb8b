/** Time, tables and what they keep. @type {import("./planted.mjs").Planted[]} */
export const data = [
  {
    requirement: "DAT-01",
    name: "a code lives by the app's clock",
    file: "src/otp/ledger.ts",
    from: `  isNull(ledger.supersededAt),
  gt(ledger.expiresAt, sql\`now()\`),`,
    to: `  isNull(ledger.supersededAt),
  gt(ledger.expiresAt, new Date()),`,
    tests: ["e2e/attacks/clock.test.ts"],
  },
];
