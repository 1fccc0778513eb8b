import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

const USAGE = `Usage: npm run admin -- COMMAND EMAIL
  invite   invites an address by mail; it stands for seven days
  grant    makes an account an admin; it must be active and have a password
  revoke   makes an admin an ordinary user
  unlock   opens what wrong guesses have locked
  reset    prints a link, good once and for 15 minutes, that sets a new password`;

/** @typedef {typeof import("../src/flows/admin")} Admin */

/** @type {Record<string, (admin: Admin, email: string) => Promise<string>>} */
const COMMANDS = {
  invite: async ({ invite }, email) => {
    told(await invite(email, OPERATOR));
    return `An invitation to ${email} is on its way.`;
  },
  grant: async ({ grant }, email) => {
    told(await grant({ email }, OPERATOR));
    return `${email} is an admin now, and signs in anew: with the password, and a code.`;
  },
  revoke: async ({ revoke }, email) => {
    const { isLast } = told(await revoke({ email }, OPERATOR));
    return `${email} is an ordinary user now.${isLast ? " There is no admin left: grant another one." : ""}`;
  },
  unlock: async ({ unlock }, email) => {
    told(await unlock({ email }, OPERATOR));
    return `${email} is open: what wrong guesses had locked is forgotten.`;
  },
  reset: async ({ handOutReset }, email) =>
    `Pass this link on by a way you trust. It works once, for 15 minutes:\n${told(await handOutReset({ email }, OPERATOR)).link}`,
};

/** @type {{ kind: "operator" }} */
const OPERATOR = { kind: "operator" };

/** `npm run admin -- COMMAND EMAIL`: what an operator must be able to do without a browser. The app need not run. */
await command(import.meta.url, async () => {
  const [name = "", typed, ...more] = process.argv.slice(2);
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!run || !typed || more.length > 0) usage();
  ensureInstalled();
  if (!process.env.NODE_ENV) Object.assign(process.env, { NODE_ENV: "production" });
  const database = await prepare();
  try {
    await migrate();
    const { tsImport } = await import("tsx/esm/api");
    /** @type {typeof import("../src/accounts/identifier")} */
    const { canonicalEmail } = await tsImport("../src/accounts/identifier.ts", import.meta.url);
    const email = canonicalEmail(typed);
    if (email === null) throw new Fault(`"${typed}" is not an email address.`);
    /** @type {Admin} */
    const admin = await tsImport("../src/flows/admin.ts", import.meta.url);
    console.log(await run(admin, email));
  } finally {
    await database.leave();
  }
  process.exit(0); // the pool's idle connections would keep the process alive
});

/** @returns {never} */
function usage() {
  console.error(USAGE);
  process.exit(2);
}

/**
 * @template T
 * @param {import("../src/flows/outcome").Outcome<T>} outcome
 * @returns {T}
 * @throws {Fault} with the refusal in words
 */
function told(outcome) {
  if (outcome.ok) return outcome.value;
  const [why] = Object.values(outcome.fieldErrors ?? {}).flat();
  throw new Fault(why ?? `Not now: try again in ${outcome.retryAfterSeconds ?? 60} seconds.`);
}
