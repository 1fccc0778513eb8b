// The process that plays the users: it runs flows against the app, or the yardstick, as many at a time as it is told.
import { tsImport } from "tsx/esm/api";
import { answer } from "./child.mjs";
import { codeReader } from "./codes.mjs";
import { newPerson, signUp, siteAt } from "./visitor.mjs";
import { leastSignUp } from "./yardstick.mjs";

const AT_A_TIME = 20;

const { DATABASE_URL = "", BASE_URL = "" } = process.env;
const base = new URL(BASE_URL);
const site = siteAt(Number(base.port), base.host, AT_A_TIME);
const codes = await codeReader(DATABASE_URL);
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
};

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
      const flow = arms[arm];
      if (!flow) throw new Error(`There is no arm ${arm}.`);
      going = true;
      loops = Array.from({ length: AT_A_TIME }, () => loop(flow));
      // A loop that fails is told of at the stop.
      for (const each of loops) each.catch(() => {});
    },
    /** What has been done since the last time. */
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
