import { chmodSync, mkdtempSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll } from "vitest";
import { closeDb } from "@/db/client";
import { testSettings } from "@/testing/settings";
import { locateCluster, makeCluster, USER } from "../../scripts/postgres/cluster.mjs";
import { filesIn } from "../../scripts/postgres/files.mjs";
import { startServer, stopOrphans, stopServer } from "../../scripts/postgres/server.mjs";
import { keptSecret } from "../../scripts/secrets.mjs";
import { freePort } from "./stage";

/**
 * A PostgreSQL of the file's own, which may be broken: no keeper starts it again behind the test's back. Call it at
 * the top level, before `stage`, whose hooks then run after its first and before its last.
 * @param options.dataDir a directory that is there, for what is to lie on a disk of its own
 * @param options.config lines for postgresql.conf; by default it keeps its words to itself
 */
export async function ownPostgres({ dataDir = scratch(), config = "log_min_messages = panic" } = {}) {
  const port = await freePort();
  const password = keptSecret(filesIn(dataDir).password);
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${USER}`;
  testSettings({ DATABASE_URL: url });
  const cluster = locateCluster(dataDir);
  let server: { pid: number } | undefined;

  const start = async () => {
    server = await startServer(cluster, { port, fast: true });
  };
  /** Ends it in an orderly way: connections are cut, what has committed is kept. */
  const stop = async () => {
    if (server) await stopServer(server.pid);
    server = undefined;
  };
  /** kill -9, backends and all. */
  const crash = async () => {
    if (server) process.kill(server.pid, "SIGKILL");
    await stopOrphans(cluster.directory);
    server = undefined;
  };

  beforeAll(async () => {
    await makeCluster(cluster, { fast: true, signal: new AbortController().signal });
    await appendFile(join(cluster.directory, "postgresql.conf"), `\n${config}\n`);
    await start();
    const sql = postgres(url.replace(/[^/]+$/, "postgres"), { max: 1 });
    await sql`create database ${sql(USER)}`;
    await sql.end();
  }, 30_000);
  afterAll(async () => {
    await closeDb();
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { url, directory: cluster.directory, start, stop, crash };
}

/** A new directory that the server's account may pass through. */
export function scratch(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, "latchkey-attack-"));
  chmodSync(directory, 0o711);
  return directory;
}
