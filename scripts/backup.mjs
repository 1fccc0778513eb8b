import { resolve } from "node:path";
import { dump } from "./backup/dump.mjs";
import { keyNames } from "./backup/keys.mjs";
import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";

/** `npm run db:backup -- FILE`: writes everything that the app keeps, as of one instant, while the app runs. */
await command(import.meta.url, async () => {
  const [file, ...more] = process.argv.slice(2);
  if (!file || more.length > 0) throw new Fault("Usage: npm run db:backup -- FILE");
  const path = resolve(process.env.INIT_CWD ?? ".", file);
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    // As the role that owns the tables, because the app's role may have fewer rights.
    const url = process.env.DATABASE_MIGRATE_URL || process.env.DATABASE_URL || "";
    const { tables, rows, notOurs } = await dump(url, path, await keyNames());
    if (notOurs.length > 0) console.log(`Not in the backup: ${notOurs.join(", ")}. These are not Latchkey's.`);
    console.log(
      `${rows.toLocaleString("en")} rows of ${tables} tables are in ${file}, which was read back whole.\nKeep APP_SECRET too, elsewhere: open codes, queued messages and forgotten addresses in it are found with it alone.`,
    );
  } finally {
    await database.leave();
  }
  process.exit(0);
});
