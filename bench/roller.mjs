// The process that keeps a database's sums during a measurement: twice a minute as the job does, or when it is told to.
import { tsImport } from "tsx/esm/api";
import { answer } from "./answer.mjs";

/** @type {typeof import("../src/analytics/roll")} */
const { roll, rebuild } = await tsImport("../src/analytics/roll.ts", import.meta.url);
/** @type {typeof import("../src/db/client")} */
const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);

/** @type {typeof import("../src/jobs/rollup")} */
const { NOT_TWICE_A_MINUTE } = await tsImport("../src/jobs/rollup.ts", import.meta.url);

/** @param {() => Promise<{ rows: number }>} work @returns how long it took, in milliseconds, and how many rows it added */
async function timed(work) {
  const start = performance.now();
  const { rows } = await work();
  return { ms: performance.now() - start, rows };
}

answer(
  {
    roll: () => timed(() => roll(db())),
    secondRoll: () => timed(() => roll(db(), { skipPanels: NOT_TWICE_A_MINUTE })),
    rebuild: () => timed(() => rebuild(db())),
  },
  closeDb,
);
