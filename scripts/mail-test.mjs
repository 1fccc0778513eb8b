import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

const USAGE = "Say whom to write to: npm run mail:test -- ada@example.com (or a number such as +14155550134, for SMS)";

await command(import.meta.url, async () => {
  const to = addressee(process.argv.slice(2));
  ensureInstalled();
  if (!process.env.NODE_ENV) Object.assign(process.env, { NODE_ENV: "production" });
  const database = await prepare();
  try {
    console.log(await sendTest(to));
  } finally {
    await database.leave();
  }
  process.exit(0); // kept-alive connections to the provider would keep the process alive
});

/**
 * @param {string[]} args
 * @throws {Fault} unless they are one address or number
 */
function addressee([to, ...more]) {
  if (!to || more.length > 0) throw new Fault(USAGE);
  if (!/^[^\s@]+@[^\s@]+$/.test(to) && !/^\+[1-9]\d{6,14}$/.test(to))
    throw new Fault(`"${to}" is neither an email address nor a phone number with its country code. ${USAGE}`);
  return to;
}

/**
 * @param {string} to
 * @returns {Promise<string>} what the provider answered
 * @throws {Fault} if it refused, or there is none
 */
async function sendTest(to) {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../src/delivery/test-message")} */
  const { testMessage } = await tsImport("../src/delivery/test-message.ts", import.meta.url);
  const message = await testMessage(to);
  if (!message) throw new Fault("No SMS provider is set: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM.");
  const { provider } = message;
  if (provider === "inbox") await migrate();
  const result = await message.send();
  if (!result.ok) {
    const answer = [result.error, result.said].filter(Boolean).join(", ").replace(/\s+/g, " ");
    throw new Fault(`The test message to ${to} was not taken. ${answer}`);
  }
  if (provider === "inbox") return `The inbox has the test message to ${to}: see /dev/inbox. Nothing was sent.`;
  return `${provider} took the test message to ${to}${result.providerId ? `, as ${result.providerId}` : ""}.`;
}
