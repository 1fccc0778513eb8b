import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { env } from "@/env";

const connect = () => {
  const client = postgres(env().databaseUrl, {
    max: 10,
    connect_timeout: 5,
    max_lifetime: null,
    onnotice: () => {},
    onclose: () => replace(client),
  });
  const { begin } = client;
  // Both signatures of `begin` end in the function that gets the transaction; only this one is used.
  client.begin = ((run: (tx: postgres.TransactionSql) => unknown) => begin((tx) => run(preparing(tx)))) as typeof begin;
  return drizzle(preparing(client));
};

/**
 * Lets a client keep its statements prepared. Drizzle's driver has each one described, parsed and planned anew, which
 * costs PostgreSQL twice the processor time of a sign-up (measured: 10.4 against 5.7 ms).
 */
function preparing<S extends postgres.ISql>(sql: S): S {
  const { unsafe } = sql;
  sql.unsafe = (text, args, options) => unsafe(text, args, args?.length ? { ...options, prepare: true } : options);
  return sql;
}

/** The pool. It is not a `Tx`: a function that needs a transaction says so by its type. */
export type Db = ReturnType<typeof connect>;
/** An open transaction. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

// Next bundles this module more than once (pages, API), but a process must have one pool.
const shared = globalThis as typeof globalThis & { latchkeyDb?: Db | undefined };

/**
 * Makes room for a new pool after a connection was lost. A connection that broke during a write never writes again
 * (postgres.js 3.4.9, issues 1154 and 1208). Measured: after three restarts of PostgreSQL under load, five of ten
 * connections were dead and every eighth ask failed for good. Queries on the old pool have 5 seconds to end.
 */
function replace(client: postgres.Sql): void {
  if (shared.latchkeyDb?.$client !== client) return;
  const old = shared.latchkeyDb;
  shared.latchkeyDb = undefined;
  old.$client.end({ timeout: 5 }).catch(() => {}); // its connections are lost in any case
}

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
