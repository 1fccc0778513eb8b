import { closeDb } from "@/db/client";
import { env } from "@/env";
import { createListener } from "@/front-door";
import { startJobs } from "@/jobs/runner";

/** What the front door's shell takes from the compiled app. */
export type Parts = {
  env: typeof env;
  createListener: typeof createListener;
  startJobs: typeof startJobs;
  closeDb: typeof closeDb;
};

declare global {
  /** Set by `scripts/server.mjs` to take the parts; not there when Next runs alone. */
  var latchkeyDoor: { take(parts: Parts): void } | undefined;
}

/** Hands the parts to the front door, or starts the jobs where there is none. */
export async function publishParts(): Promise<void> {
  if (globalThis.latchkeyDoor) globalThis.latchkeyDoor.take({ env, createListener, startJobs, closeDb });
  else if (env().jobs) await startJobs();
}
