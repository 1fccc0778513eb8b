/** Guesses: turns at bcrypt, and the stop after a hundred in a row. @type {import("./planted.mjs").Planted[]} */
export const guesses = [
  {
    requirement: "PWD-07",
    name: "strangers are hashed before known ones",
    file: "src/turns.ts",
    from: `    for (const [known, lane] of lanes) {
      if (atWork.has(known)) continue;
      for (const waiter of lane) return waiter;
    }
    for (const waiter of strangers) return waiter;
`,
    to: `    for (const waiter of strangers) return waiter;
    for (const [known, lane] of lanes) {
      if (atWork.has(known)) continue;
      for (const waiter of lane) return waiter;
    }
`,
    tests: ["src/turns.test.ts"],
    only: "a free place goes to the known queue first",
  },
  {
    requirement: "PWD-07",
    name: "one key hashes as often at once as it likes",
    file: "src/turns.ts",
    from: "(known === null || !atWork.has(known))",
    to: "true",
    tests: ["src/turns.test.ts"],
    only: "a key has one turn at a time",
  },
  {
    requirement: "PWD-07",
    name: "a session is known for every account",
    file: "src/flows/turn.ts",
    from: "session !== null && session.accountId === account?.id",
    to: "session !== null",
    tests: ["src/flows/turn.test.ts"],
    only: "is a stranger at another account",
  },
  {
    requirement: "DEL-04",
    name: "a wait for bcrypt has no end",
    file: "src/turns.ts",
    from: "setTimeout(() => giveUp(new Busy()), patience)",
    to: "setTimeout(() => giveUp(new Busy()), patience * 1000)",
    tests: ["src/turns.test.ts"],
    only: "nobody waits for more than five seconds",
  },
  {
    requirement: "DEL-04",
    name: "who hung up is hashed all the same",
    file: "src/turns.ts",
    from: '      signal?.addEventListener("abort", hangUp, { once: true });\n',
    to: "",
    tests: ["src/turns.test.ts"],
    only: "gives its place in the queue away",
  },
  {
    requirement: "THR-01",
    name: "the stop at a hundred is the sign-in's alone",
    file: "src/flows/prove.ts",
    from: "counts: openers.includes(purpose) && !struck.isBudgetSpent",
    to: 'counts: purpose === "sign-in" && !struck.isBudgetSpent',
    tests: ["src/flows/guesses-in-a-row.test.ts"],
    only: "of three hundred wrong reset guesses",
  },
  {
    requirement: "THR-01",
    name: "a closed row is compared",
    file: "src/flows/prove.ts",
    from: 'const isClosed = charge.inARow === "closed";',
    to: "const isClosed = false;",
    tests: ["src/flows/guesses-in-a-row.test.ts"],
    only: "of three hundred wrong reset guesses",
  },
  {
    requirement: "THR-01",
    name: "a count in a row is swept after a day",
    file: "src/limits/lockout.ts",
    from: "wrong_in_a_row > 0 and updated_at < now() - make_interval(secs => ${CLOSED_SECONDS})",
    to: "wrong_in_a_row > 0 and updated_at < now() - make_interval(secs => ${CLOSED_SECONDS / 30})",
    tests: ["src/limits/lockout.test.ts"],
    only: "are kept by the sweep for thirty days",
  },
  {
    requirement: "THR-10",
    name: "a success on a known device opens nothing",
    file: "src/flows/lockout.ts",
    from: "  if (account) await openCodes(tx, account);\n",
    to: "",
    tests: ["src/flows/guesses-in-a-row.test.ts"],
    only: "a success by code on a known device",
  },
  {
    requirement: "THR-10",
    name: "a reset link leaves codes closed",
    file: "src/flows/password-reset.ts",
    from: "    await openCodes(tx, now);\n",
    to: "",
    tests: ["src/flows/guesses-in-a-row.test.ts"],
    only: "a reset link",
  },
  {
    requirement: "ENU-02",
    name: "closed codes are told to known addresses alone",
    file: "src/flows/lockout.ts",
    from: "    if (closing || isNews) {",
    to: "    if (isOwned && (closing || isNews)) {",
    tests: ["src/flows/guesses-in-a-row.test.ts"],
    only: "an unknown address gets a decoy",
  },
];
