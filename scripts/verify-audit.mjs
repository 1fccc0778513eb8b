import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

/** `npm run audit:verify [-- HEAD]`: checks the audit log against its seals, and exits with 1 if they do not match. */
await command(import.meta.url, async () => {
  const [head, ...more] = process.argv.slice(2);
  if (more.length > 0) throw new Fault("Usage: npm run audit:verify [-- HEAD]");
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    const { links, rows, unsealed, head: found, faults } = await check(head);
    console.log(`${rows} entries in ${links} links, and ${unsealed} that are not sealed yet. Head: ${found ?? "none"}`);
    if (faults.length > 0)
      throw new Fault(`The audit log was tampered with:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    console.log("All are as they were sealed.");
  } finally {
    await database.leave();
  }
  process.exit(0);
});

/**
 * @param {string | undefined} head a head that was logged earlier, which must be a link of the chain
 * @returns {Promise<import("../src/audit/seal").Checked>}
 */
async function check(head) {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../src/audit/seal")} */
  const { hasSeal, verifyAudit } = await tsImport("../src/audit/seal.ts", import.meta.url);
  /** @type {typeof import("../src/db/client")} */
  const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);
  try {
    const checked = await verifyAudit(db());
    if (head && !(await hasSeal(db(), head)))
      checked.faults.push(`no link has the head ${head}: the end of the chain was cut off`);
    return checked;
  } finally {
    await closeDb();
  }
}
