import { db } from "@/db/client";
import { readiness } from "@/db/readiness";

/** Whether this process can serve: its database answers, is migrated and has its queue. Never throws. */
export async function isReady(): Promise<boolean> {
  try {
    return await readiness(db());
  } catch {
    return false; // every fault means "not now"; requests log it
  }
}
