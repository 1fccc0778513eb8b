// The process that plays the users: it runs flows against the app, the yardstick or the peer, 20 at a time.
import { tsImport } from "tsx/esm/api";
import { answer } from "./answer.mjs";
import { codeReader, mailbox } from "./codes.mjs";
import { signUpAtPeer } from "./peer/visitor.mjs";
import { newPerson, signUp, siteAt } from "./visitor.mjs";
import { leastSignUp } from "./yardstick.mjs";

const AT_A_TIME = 20;

const { DATABASE_URL = "", BASE_URL = "", RESEND_BASE_URL, PEER_PORT } = process.env;
const base = new URL(BASE_URL);
const site = siteAt(Number(base.port), base.host, AT_A_TIME);
const peer = siteAt(Number(PEER_PORT), `127.0.0.1:${PEER_PORT}`, AT_A_TIME);
const codes = await (RESEND_BASE_URL ? mailbox(Number(new URL(RESEND_BASE_URL).port)) : codeReader(DATABASE_URL));
/** @type {typeof import("../src/db/client")} */
const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);

/** @type {{ ask: number[], verify: number[], flows: number }} */
let tally = { ask: [], verify: [], flows: 0 };
/** @type {Promise<void>[]} */
let loops = [];
let going = false;

/** @type {import("./visitor.mjs").Watch} */
async function timed(step, call) {
  const start = performance.now();
  const value = await call();
  tally[step].push(performance.now() - start);
  return value;
}

/** @type {Record<string, () => Promise<void>>} */
const arms = {
  app: () => signUp(site, newPerson(), codes.read, timed),
  yardstick: () => leastSignUp(db().$client, newPerson(), timed),
  peer: () => signUpAtPeer(peer, newPerson(), timed),
};

/** @param {string} arm */
function flowOf(arm) {
  const flow = arms[arm];
  if (!flow) throw new Error(`There is no arm ${arm}.`);
  return flow;
}

/** @param {() => Promise<void>} flow */
async function loop(flow) {
  while (going) {
    await flow();
    tally.flows += 1;
  }
}

answer(
  {
    cpu: () => process.cpuUsage(),
    /** @param {string} arm */
    start(arm) {
      const flow = flowOf(arm);
      going = true;
      loops = Array.from({ length: AT_A_TIME }, () => loop(flow));
      // A failed loop is reported by the stop.
      for (const each of loops) each.catch(() => {});
    },
    /**
     * Runs this many flows and returns the time they took.
     * @param {string} arm
     * @param {number} flows
     */
    async burst(arm, flows) {
      const flow = flowOf(arm);
      tally = { ask: [], verify: [], flows: 0 };
      let left = flows;
      const lane = async () => {
        for (; left > 0; tally.flows += 1) {
          left -= 1;
          await flow();
        }
      };
      const start = performance.now();
      await Promise.all(Array.from({ length: AT_A_TIME }, lane));
      return { ...tally, seconds: (performance.now() - start) / 1000 };
    },
    /** Returns what was done since the last call. */
    take() {
      const done = tally;
      tally = { ask: [], verify: [], flows: 0 };
      return done;
    },
    async stop() {
      going = false;
      await Promise.all(loops);
    },
  },
  async () => {
    going = false;
    await Promise.all([codes.close(), closeDb()]);
  },
);
