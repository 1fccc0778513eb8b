import { db } from "@/db/client";
import { readiness } from "@/db/readiness";

/** Whether this process can serve: its database answers, is migrated, and has its queue. Never throws. */
export async function isReady(): Promise<boolean> {
  try {
    return await readiness(db());
  } catch {
    return false; // whatever the fault is, the answer is "not now"; requests log it
  }
}
