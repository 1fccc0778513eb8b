import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { env } from "@/env";

const connect = () => {
  const client = postgres(env().databaseUrl, { max: 10, connect_timeout: 5, onnotice: () => {} });
  return drizzle(client);
};

/** The pool. Not a `Tx`: what must happen in a transaction asks for one by its type. */
export type Db = ReturnType<typeof connect>;
/** An open transaction. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

// Next bundles this module more than once (pages, API); the pool is one a process.
const shared = globalThis as typeof globalThis & { latchkeyDb?: Db | undefined };

/** The one pool of this process, opened at its first use (`next build` has no database). */
export function db(): Db {
  shared.latchkeyDb ??= connect();
  return shared.latchkeyDb;
}

/** Waits up to 5 seconds for running queries, then closes the pool. The next `db()` opens a new one. */
export async function closeDb(): Promise<void> {
  const open = shared.latchkeyDb;
  shared.latchkeyDb = undefined;
  await open?.$client.end({ timeout: 5 });
}
