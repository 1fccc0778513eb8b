import { isAlone, refuseEverything } from "@/alone";
import { closeDb } from "@/db/client";
import { env } from "@/env";
import { createListener } from "@/front-door";
import { startJobs } from "@/jobs/runner";
import { answerInNodesPlace } from "@/nodes-answers";

/** What the front door's plain half uses of the compiled app. */
export type Parts = {
  env: typeof env;
  createListener: typeof createListener;
  answerInNodesPlace: typeof answerInNodesPlace;
  startJobs: typeof startJobs;
  closeDb: typeof closeDb;
};

declare global {
  /** Set by `scripts/server.mjs`; undefined if Next runs alone. */
  var latchkeyDoor: { take(parts: Parts): void } | undefined;
}

const parts: Parts = { env, createListener, answerInNodesPlace, startJobs, closeDb };

/**
 * Hands the parts to the front door. Without it, development starts the jobs here, and production refuses everything.
 */
export async function publishParts(): Promise<void> {
  if (globalThis.latchkeyDoor) globalThis.latchkeyDoor.take(parts);
  else if (isAlone()) {
    refuseEverything();
    console.error("Next was started without the front door: every request is answered with 503. Use `npm start`.");
  } else if (env().jobs) await startJobs();
}
