// The measured process: the built app as `npm start` runs it.
import { serve } from "../scripts/server.mjs";
import { answer } from "./answer.mjs";

const server = await serve({ dev: false });
answer({ cpu: () => process.cpuUsage() }, () => server.stop());
