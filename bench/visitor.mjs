import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

/**
 * A new person: an email address that has no account, and an IP address of their own.
 * @typedef {{ email: string, network: string }} Person
 */

let people = 0;

/** @returns {Person} */
export function newPerson() {
  people += 1;
  return {
    email: `bench-${process.pid.toString(36)}-${people.toString(36)}@example.com`,
    network: `2001:db8:${(people >>> 16).toString(16)}:${(people & 0xffff).toString(16)}`,
  };
}

/**
 * The app's port, and the Host that it answers to.
 * @typedef {{ port: number, host: string, agent: Agent }} Site
 */

/**
 * @param {number} port
 * @param {string} host
 * @param {number} connections the number of connections kept alive, as a proxy in front keeps them
 * @returns {Site}
 */
export function siteAt(port, host, connections) {
  return { port, host, agent: new Agent({ keepAlive: true, maxSockets: connections }) };
}

/**
 * Runs a step of a flow and returns its result. It may measure the time.
 * @typedef {<T>(step: "ask" | "verify", call: () => Promise<T>) => Promise<T>} Watch
 */

/**
 * Asks for a code, verifies it and gets a session. Throws on an unexpected answer.
 * @param {Site} site
 * @param {Person} person
 * @param {(email: string) => Promise<string>} readCode
 * @param {Watch} watch
 */
export async function signUp(site, person, readCode, watch) {
  const { email } = person;
  const asked = await watch("ask", () => mutate(site, person, "signUp.requestCode", { identifier: email }));
  const cookie = cookieOf(asked, "latchkey_browser");
  const code = await readCode(email);
  const input = { identifier: email, code };
  const verified = await watch("verify", () => mutate(site, person, "signUp.verifyCode", input, cookie));
  cookieOf(verified, "latchkey_session");
}

/** @typedef {{ status: number, cookies: string[], body: string }} Answer */

/**
 * Calls a mutation as the app's own page does, behind a proxy.
 * @param {Site} site
 * @param {Person} person
 * @param {string} procedure
 * @param {object} input
 * @param {string} [cookie]
 */
function mutate(site, { network }, procedure, input, cookie) {
  return post(site, `/api/trpc/${procedure}`, input, {
    origin: `http://${site.host}`,
    "sec-fetch-site": "same-origin",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "x-forwarded-for": `${network}::1`,
    ...(cookie ? { cookie } : {}),
  });
}

/**
 * Posts JSON. Throws unless the answer is 200.
 * @param {Site} site
 * @param {string} path
 * @param {object} input
 * @param {Record<string, string>} more headers
 * @returns {Promise<Answer>}
 */
export async function post({ port, host, agent }, path, input, more) {
  const body = JSON.stringify(input);
  const headers = {
    host,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...more,
  };
  const options = { host: "127.0.0.1", port, path, method: "POST", agent, headers };
  const answer = await new Promise((resolve, reject) => {
    const req = request(options, (res) => {
      text(res).then(
        (body) => resolve({ status: res.statusCode ?? 0, cookies: res.headers["set-cookie"] ?? [], body }),
        reject,
      );
    });
    req.on("error", reject);
    req.end(body);
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
  return answer;
}

/**
 * @param {Answer} answer
 * @param {string} name
 */
function cookieOf({ cookies }, name) {
  const cookie = cookies.find((candidate) => candidate.startsWith(`${name}=`))?.split(";", 1)[0];
  if (!cookie) throw new Error(`The answer sets no cookie ${name}.`);
  return cookie;
}
