// The process that plays the users: it runs flows against the app, or the bare loop, as many at a time as it is told.
import { createServer } from "node:http";
import { tsImport } from "tsx/esm/api";
import { answer } from "./child.mjs";
import { codeReader } from "./codes.mjs";
import { recorder } from "./recorder.mjs";
import { replay } from "./replay.mjs";
import { compareRows } from "./rows.mjs";
import { scriptOf } from "./script.mjs";
import { newPerson, signUp, siteAt } from "./visitor.mjs";

const AT_A_TIME = 20;
/** So that what differs from flow to flow is seen to differ. */
const RECORDINGS = 3;

const { DATABASE_URL = "", BASE_URL = "" } = process.env;
const base = new URL(BASE_URL);
const site = siteAt(Number(base.port), base.host, AT_A_TIME);
const codes = await codeReader(DATABASE_URL);
/** @type {typeof import("../../src/db/client")} */
const { db, closeDb } = await tsImport("../../src/db/client.ts", import.meta.url);

/** @type {import("./script.mjs").Script | undefined} */
let script;
const flows = { real: 0, bare: 0 };
/** @type {{ ask: number[], verify: number[], flows: number }} */
let tally = { ask: [], verify: [], flows: 0 };
/** @type {Promise<void>[]} */
let loops = [];
let going = false;

/** @type {<T>(step: "ask" | "verify", call: () => Promise<T>) => Promise<T>} */
async function timed(step, call) {
  const start = performance.now();
  const value = await call();
  tally[step].push(performance.now() - start);
  return value;
}

/** @type {Record<string, () => Promise<void>>} */
const arms = {
  async app() {
    await signUp(site, newPerson("real"), codes.read, timed);
    flows.real += 1;
  },
  bare: () => play(false),
  prepared: () => play(true),
};

/** @param {boolean} prepare */
async function play(prepare) {
  if (!script) throw new Error("There is nothing recorded yet.");
  await replay(db().$client, script, newPerson("bare"), { prepare, watch: timed });
  flows.bare += 1;
}

/** Records a flow: through the app's own front door, in this process. */
async function record() {
  /** @type {typeof import("../../src/front-door")} */
  const { createListener } = await tsImport("../../src/front-door.ts", import.meta.url);
  const server = createServer(createListener((_req, res) => void res.writeHead(404).end(), { dev: false }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const door = siteAt(typeof address === "object" && address ? address.port : 0, base.host, 1);
  // The driver's own first statements are no part of a flow.
  await signUp(door, newPerson("real"), codes.read, (_step, call) => call());

  const tapes = recorder(db().$client);
  const recordings = [];
  for (let i = 0; i < RECORDINGS; i++) {
    const person = newPerson("real");
    /** @type {import("./script.mjs").Recording} */
    const recording = { person, ask: [], verify: [] };
    await signUp(door, person, codes.read, async (step, call) => {
      /** @type {Promise<any> | undefined} */
      let answered;
      recording[step] = await tapes.watch(() => {
        answered = call();
        return answered;
      });
      return answered;
    });
    recordings.push(recording);
  }
  tapes.stop();
  door.agent.destroy();
  server.close();
  flows.real += RECORDINGS + 1;
  script = scriptOf(recordings);
  const scenes = [...script.ask, ...script.verify];
  const lines = scenes.flatMap(({ batches }) => batches.flat());
  return {
    statements: lines.length,
    unprepared: lines.filter(({ prepare }) => !prepare).length,
    transactions: scenes.filter(({ transaction }) => transaction).length,
    alone: scenes.filter(({ transaction }) => !transaction).length,
  };
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
    record,
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
    check: () => compareRows(db().$client, flows),
  },
  async () => {
    going = false;
    await Promise.all([codes.close(), closeDb()]);
  },
);
