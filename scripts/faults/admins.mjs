/** Admins and the audit log. @type {import("./planted.mjs").Planted[]} */
export const admins = [
  {
    requirement: "ADM-01",
    name: "an admin's procedures ask nobody who calls",
    file: "src/trpc/admin.ts",
    from: "  unwrap(await requireAdmin(await ctx.caller()));\n",
    to: "  await ctx.caller();\n",
    tests: ["e2e/attacks/authorisation.test.ts"],
  },
  {
    requirement: "ADM-03",
    name: "the role is remembered from an earlier call",
    file: "src/flows/access.ts",
    from: `  const account = await findById(db(), session.accountType, session.accountId);
  return account?.isActive ? { account, session } : null;
}`,
    to: `  const account = await findById(db(), session.accountType, session.accountId);
  if (account && !roles.has(account.id)) roles.set(account.id, account.role);
  return account?.isActive ? { account: { ...account, role: roles.get(account.id) ?? "USER" }, session } : null;
}
const roles = new Map<string, Account["role"]>();`,
    tests: ["src/flows/access.test.ts"],
  },
  {
    requirement: "ADM-03",
    name: "an admin's refusal is an ordinary line of the log",
    file: "src/front-door.ts",
    from: "if (reasons.some((reason) => DENIED.includes(reason)) || res.statusCode === 421)",
    to: "if (res.statusCode === 421)",
    tests: ["e2e/attacks/security-events.test.ts"],
  },
  {
    requirement: "LOG-05",
    name: "a change of password is written down apart from it",
    file: "src/flows/password-change.ts",
    from: 'await audit(tx, from, account.password === null ? "password.set" : "password.change", { account: now });',
    to: 'await db().transaction((apart) => audit(apart, from, account.password === null ? "password.set" : "password.change", { account: now }));',
    tests: ["src/flows/password-change.test.ts"],
  },
  {
    requirement: "LOG-05",
    name: "a change of password stays where it cannot be written down",
    file: "src/flows/password-change.ts",
    from: 'await audit(tx, from, account.password === null ? "password.set" : "password.change", { account: now });',
    to: 'await tx.transaction((apart) => audit(apart, from, account.password === null ? "password.set" : "password.change", { account: now })).catch(() => {});',
    tests: ["src/flows/password-change.test.ts"],
  },
  {
    requirement: "LOG-04",
    name: "past the caps nothing is counted",
    file: "src/flows/refusals.ts",
    from: "    await countRefusal(db(), { attempt, purpose, rule, ipAddress });",
    to: "    return;",
    tests: ["src/flows/refusals.test.ts"],
    only: "above the caps",
  },
  {
    requirement: "LOG-04",
    name: "a flood makes a row for each of its networks",
    file: "src/limits/refusals.ts",
    from: "        else ${OTHER_NETWORKS} end, 1",
    to: "        else network end, 1",
    tests: ["src/limits/refusals.test.ts"],
    only: "a flood from many networks",
  },
];
