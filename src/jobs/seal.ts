import { headOf, sealAudit } from "@/audit/seal";
import { db } from "@/db/client";
import { log } from "@/log";
import { task } from "./task";

/**
 * Seals the audit log's rested rows and logs the head of the chain. An attacker who rewrites the database cannot
 * rewrite the logs.
 */
export const sealJob = task("sealAudit", async () => {
  const { rows } = await sealAudit(db());
  if (rows > 0) log().info({ event: "audit.sealed", rows, head: await headOf(db()) });
});
