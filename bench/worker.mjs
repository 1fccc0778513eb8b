// The measured worker, as `npm run worker` runs it.
import { tsImport } from "tsx/esm/api";
import { answer } from "./answer.mjs";

Object.assign(process.env, { NODE_ENV: "production" });
/** @type {typeof import("../src/jobs/runner")} */
const { startJobs } = await tsImport("../src/jobs/runner.ts", import.meta.url);
const jobs = await startJobs();
answer({ cpu: () => process.cpuUsage() }, () => jobs.stop());
