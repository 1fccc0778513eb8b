/** Enumeration, passwords, sessions and recovery. @type {import("./planted.mjs").Planted[]} */
export const accounts = [
  {
    requirement: "ENU-01",
    name: "a link to nobody is refused",
    file: "src/flows/email-verification.ts",
    from: `  return accept({ ok: true });
}

/**
 * Spends`,
    to: `  return (await db().transaction((tx) => keepByAddress(tx, "live", asker.subject))) ? accept({ ok: true }) : refuse("NOT_FOUND");
}

/**
 * Spends`,
    tests: ["src/flows/email-verification.test.ts"],
  },
  {
    requirement: "ENU-02",
    name: "nobody's password is answered at once",
    file: "src/accounts/passwords.ts",
    from: "const matches = await bcryptMatches(encode(password), stored ?? NOBODYS_HASH, turn);",
    to: "const matches = stored !== null && (await bcryptMatches(encode(password), stored ?? NOBODYS_HASH, turn));",
    tests: ["src/accounts/passwords.test.ts"],
  },
  {
    requirement: "PWD-02",
    name: "a password ends at its 72nd byte",
    file: "src/accounts/passwords.ts",
    from: 'return createHmac("sha256", "latchkey password v1").update(password.normalize("NFC")).digest("base64");',
    to: 'return password.normalize("NFC");',
    tests: ["src/accounts/passwords.test.ts"],
  },
  {
    requirement: "SES-06",
    name: "a reset leaves sessions",
    file: "src/flows/password-reset.ts",
    from: "    await endSessionsOf(tx, now);\n",
    to: "",
    tests: ["src/flows/password-reset.test.ts"],
  },
  {
    requirement: "SES-06",
    name: "a change of address leaves sessions",
    file: "src/flows/address-change.ts",
    from: "      await endSessionsOf(tx, now, session.id);\n",
    to: "",
    tests: ["src/flows/address-change.test.ts"],
  },
  {
    requirement: "SES-06",
    name: "a change of password leaves sessions",
    file: "src/flows/password-change.ts",
    from: "    await endSessionsOf(tx, now, session.id);\n",
    to: "",
    tests: ["src/flows/password-change.test.ts"],
  },
  {
    requirement: "SES-06",
    name: "a change of password leaves codes and links",
    file: "src/flows/password-change.ts",
    from: "    await endChallenges(tx, now, subjectsOf(now));\n",
    to: "",
    tests: ["src/flows/password-change.test.ts"],
  },
  {
    requirement: "REC-01",
    name: "look-alikes of an address are one",
    file: "src/accounts/identifier.ts",
    from: 'const text = input.trim().normalize("NFC").toLowerCase().normalize("NFC");',
    to: 'const text = input.trim().normalize("NFKC").toLowerCase().normalize("NFKC");',
    tests: ["src/accounts/identifier.test.ts"],
  },
  {
    requirement: "REC-02",
    name: "the first proof leaves sessions and challenges",
    file: "src/flows/consequences.ts",
    from: `    await endSessionsOf(tx, owner);
    await endChallenges(tx, owner, [subject], challenge);
`,
    to: "",
    tests: ["src/flows/sign-up.test.ts"],
  },
  {
    requirement: "REC-02",
    name: "the first proof leaves the password that anybody set",
    file: "src/accounts/accounts.ts",
    from: `const unprovenClaims = [
  "password",`,
    to: "const unprovenClaims = [",
    tests: ["src/flows/sign-up.test.ts"],
  },
  {
    requirement: "REC-05",
    name: "what happened is told by email alone",
    file: "src/flows/notices.ts",
    from: "if (account.phoneNumber && account.phoneVerified && isServed(account.phoneNumber))",
    to: "if (account.phoneNumber && !account.email && account.phoneVerified && isServed(account.phoneNumber))",
    tests: ["src/flows/known-devices.test.ts"],
  },
  {
    requirement: "REC-05",
    name: "a reset is told to nobody",
    file: "src/flows/password-reset.ts",
    from: '    await notify(tx, now, { template: "password-reset-done", props: { accountType: now.accountType } });\n',
    to: "",
    tests: ["src/flows/password-reset.test.ts"],
  },
];
