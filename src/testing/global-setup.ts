import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { migrate } from "../../scripts/migrate.mjs";
import { joinPostgres } from "../../scripts/postgres.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    /** The database to clone. Nobody may be connected to it meanwhile. */
    templateUrl: string;
  }
}

/** Makes one migrated database, on TEST_DATABASE_URL's server or one that it starts. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = process.env.TEST_DATABASE_URL ? await borrow(process.env.TEST_DATABASE_URL) : await start();
  try {
    await migrate(server.templateUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide("templateUrl", server.templateUrl);
  return () => server.stop();
}

async function start() {
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  // If root runs the tests, the server's own user must be able to enter.
  await chmod(dataDir, 0o711);
  const { url, leave } = await joinPostgres({ dataDir, database: "template", fast: true });
  return {
    templateUrl: url,
    async stop() {
      await leave();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function borrow(superuserUrl: string) {
  const name = `latchkey_template_${randomBytes(6).toString("hex")}`;
  const url = new URL(superuserUrl);
  url.pathname = name;
  const run = async (statement: string) => {
    const sql = postgres(superuserUrl, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement);
    await sql.end();
  };
  await run(`create database ${name}`);
  return { templateUrl: url.href, stop: () => run(`drop database ${name} with (force)`) };
}
