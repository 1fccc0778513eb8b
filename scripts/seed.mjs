import { command } from "./command.mjs";
import { ensureInstalled } from "./ensure.mjs";
import { prepare } from "./environment.mjs";
import { Fault } from "./fault.mjs";
import { migrate } from "./migrate.mjs";
import { fill } from "./seed/fill.mjs";

const USAGE = "npm run db:seed -- --requests 100000 --days 90";

/** `npm run db:seed`: fills an empty database with believable accounts and codes, to look at and to measure with. */
await command(import.meta.url, async () => {
  const { requests, days } = options(process.argv.slice(2));
  ensureInstalled();
  const database = await prepare();
  try {
    await migrate();
    await seed(process.env.DATABASE_MIGRATE_URL || process.env.DATABASE_URL || "", { requests, days });
  } finally {
    await database.leave();
  }
  process.exit(0);
});

/**
 * @param {string} url of a migrated database, as the role that owns its tables
 * @param {{ requests: number, days: number, quiet?: boolean }} options
 * @throws {Fault} if the database has accounts already
 */
export async function seed(url, { requests, days, quiet = false }) {
  const started = performance.now();
  const say = (/** @type {string} */ line) => {
    if (!quiet) console.log(`${line} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  };
  const { default: postgres } = await import("postgres");
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await refuseReal(sql);
    const accounts = await fill(sql, { requests, days });
    say(
      `${requests.toLocaleString("en")} codes of ${accounts.toLocaleString("en")} accounts over ${days} days are in the ledger.`,
    );
  } finally {
    await sql.end();
  }
  await rebuildSums();
  say("The dashboard's sums are built.");
}

/** @param {import("postgres").Sql} sql */
async function refuseReal(sql) {
  const [row] = await sql`select (select count(*)::int from users) + (select count(*)::int from demo_users) as accounts,
    (select count(*)::int from (select from otp_verifications limit 1) s) as codes`;
  if (row?.accounts > 0 || row?.codes > 0)
    throw new Fault(
      `This database has ${row?.accounts} accounts and a ledger. Seeding is for an empty one: set DATA_DIR or DATABASE_URL to another.`,
    );
}

async function rebuildSums() {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../src/analytics/roll")} */
  const { rebuild } = await tsImport("../src/analytics/roll.ts", import.meta.url);
  /** @type {typeof import("../src/db/client")} */
  const { db, closeDb } = await tsImport("../src/db/client.ts", import.meta.url);
  try {
    await rebuild(db());
  } finally {
    await closeDb();
  }
}

/** @param {string[]} args */
function options(args) {
  const given = { requests: 100_000, days: 90 };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]?.replace(/^--/, "");
    const value = Number(args[at + 1]);
    if ((name !== "requests" && name !== "days") || !Number.isInteger(value) || value < 1)
      throw new Fault(`I do not understand "${args.slice(at, at + 2).join(" ")}". Usage: ${USAGE}`);
    given[name] = value;
  }
  if (given.days > 3650 || given.requests > 1e9) throw new Fault(`That is more than anybody needs. Usage: ${USAGE}`);
  return given;
}
