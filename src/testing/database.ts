import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, inject } from "vitest";
import { closeDb } from "@/db/client";
import { testSettings } from "./settings";

/**
 * Gives a test file an empty, migrated database and its settings. Call it at top level.
 * @returns its URL, for connections beside the pool
 */
export function testDatabase(): { url: string } {
  const template = new URL(inject("templateUrl"));
  const name = `latchkey_test_${randomBytes(6).toString("hex")}`;
  const url = withDatabase(template, name);
  testSettings({ DATABASE_URL: url });

  const server = postgres(withDatabase(template, "postgres"), { max: 1, onnotice: () => {} });
  beforeAll(async () => {
    // Copying files would wait for a checkpoint each time.
    await server`create database ${server(name)} template ${server(template.pathname.slice(1))} strategy wal_log`;
  });
  afterAll(async () => {
    await closeDb();
    await server`drop database ${server(name)} with (force)`;
    await server.end();
  });
  return { url };
}

function withDatabase(url: URL, name: string): string {
  const other = new URL(url);
  other.pathname = name;
  return other.href;
}
