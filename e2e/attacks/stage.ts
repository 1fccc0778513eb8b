import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll } from "vitest";
import { db } from "@/db/client";
import { testDatabase } from "@/testing/database";
import { account } from "@/testing/people";
import { type Answer, type Lines, type Sent, send } from "@/testing/send";
import { session } from "@/testing/sessions";

/** One process of the built app, as `npm start` runs it. */
export type App = { port: number; process: ChildProcess; said: () => string };

type Options = {
  /** How many processes share the database. */
  processes?: number;
  /** Their settings, beside those of a small local installation without a worker; each one's, where they differ. */
  env?: Record<string, string> | ((at: number) => Record<string, string>);
  /** The database they share, if it is not to be one of the tests' common server. */
  database?: { url: string };
};

/** The app's bcrypt takes a moment instead of 170 ms: a setting for files that are about something else. */
export const cheapBcrypt = { NODE_OPTIONS: `--import ${pathToFileURL("e2e/attacks/cheap-bcrypt.mjs").href}` };

/**
 * An installation to attack from outside: the built app in processes of its own, on a database of its own. Call it at
 * the top level of a file. What a mailbox would hold is read from the queue (`queuedCode`), because no worker runs.
 */
export function stage({ processes = 1, env = {}, database }: Options = {}) {
  const { url } = database ?? testDatabase();
  const apps: App[] = [];
  const start = (port: number, at: number) =>
    startApp(port, { DATABASE_URL: url, ...(typeof env === "function" ? env(at) : env) });
  beforeAll(async () => {
    const ports = await Promise.all(Array.from({ length: processes }, freePort));
    // One origin for all of them, as behind a balancer.
    Object.assign(process.env, { BASE_URL: `http://localhost:${ports[0]}` });
    apps.push(...ports.map(start));
    await Promise.all(apps.map((app) => isReady(app)));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(apps.map((app) => stopApp(app)));
  });
  /** Kills every process where it stands, and starts others in their places: what they held in memory is gone. */
  async function restart(): Promise<void> {
    const ports = apps.map(({ port }) => port);
    await Promise.all(apps.map((app) => stopApp(app, "SIGKILL")));
    apps.splice(0, apps.length, ...ports.map(start));
    await Promise.all(apps.map((app) => isReady(app)));
  }
  const from = (whence: From = {}) => visitor(() => apps, whence);
  return {
    url,
    apps,
    restart,
    visitor: from,
    /** A live account, and a browser that is signed in to it with both proofs. */
    async person(row: Parameters<typeof account>[1] = {}) {
      const made = await account("live", row);
      const secret = await session({ accountType: "live", ...made }, { code: 0, password: 0 });
      return { ...made, browser: from({ headers: { cookie: `latchkey_session=${secret}` } }) };
    },
  };
}

/** Where the database keeps moments: looked up once, because that takes longer than to move them. */
let moments: { name: string; columns: string[] }[] | undefined;

/**
 * Lets time pass, while no request is under way. PostgreSQL's clock cannot be moved: every moment that it keeps is
 * moved back instead, and the minutes of the limiters with them.
 */
export async function later(seconds: number): Promise<void> {
  await db().transaction(async (tx) => {
    // No trigger is to take this for a change; the audit log is what was written, when it was.
    await tx.execute(sql`set local session_replication_role = replica`);
    moments ??= [
      ...(await tx.execute<{ name: string; columns: string[] }>(sql`
        select table_name as name, array_agg(column_name::text) as columns from information_schema.columns
        where table_schema = 'public' and data_type = 'timestamp with time zone' and table_name not like 'audit%'
        group by 1`)),
    ];
    for (const { name, columns } of moments) {
      const moved = columns.map(
        (column) => sql`${sql.identifier(column)} = ${sql.identifier(column)} - make_interval(secs => ${seconds})`,
      );
      await tx.execute(sql`update ${sql.identifier(name)} set ${sql.join(moved, sql`, `)}`);
    }
    const minutes = Math.floor(seconds / 60);
    for (const table of ["limit_windows", "lockouts"])
      await tx.execute(sql`update ${sql.identifier(table)} set hits =
        (select coalesce(jsonb_object_agg((key::int - ${minutes}::int)::text, value), '{}') from jsonb_each(hits))
        where not hits ? 'day'`);
  });
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // `listen` on a port always yields an AddressInfo; only pipes give a string.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function startApp(port: number, env: Record<string, string>, script = "start"): App {
  const child = spawn(process.execPath, [`scripts/${script}.mjs`], {
    env: { ...process.env, PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return { port, process: child, said: () => said };
}

/** Waits until the app answers that it is ready. */
export async function isReady({ port, process: child, said }: App, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`the app ended:\n${said()}`);
    const answer = await send(port, "/api/ready", {}).catch(() => null);
    if (answer?.status === 200) return;
  }
  throw new Error(`the app is not ready:\n${said()}`);
}

export async function stopApp({ process: child }: App, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await Promise.race([once(child, "exit"), sleep(15_000).then(() => child.kill("SIGKILL"))]);
}

/** Where a visitor comes from. */
export type From = {
  /** The socket's address, any of 127.0.0.0/8. */
  ip?: string;
  headers?: Lines;
  /** Which of the processes is asked; by default each in turn. */
  app?: number;
  /** Is shown each answer, and what was asked. */
  seen?: (answer: Answer, path: string) => void;
};

type Told = {
  data?: Record<string, unknown>;
  /** The refusal's reason, or tRPC's code where it has none. */
  reason?: string;
  error?: Record<string, unknown>;
};
export type Called = Answer & Told;

let turn = 0;

export type Visitor = ReturnType<typeof visitor>;

/** What our own pages say with a mutation. */
export const asOurPage = () => ({
  "content-type": "application/json",
  origin: process.env.BASE_URL ?? "",
  "sec-fetch-site": "same-origin",
});

/** A browser's cookies and address, and what our own pages would send with them. */
function visitor(apps: () => App[], { ip, headers = {}, app, seen }: From) {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

  async function go(path: string, sent: Sent = {}): Promise<Answer> {
    const running = apps();
    const chosen = running[(app ?? turn++) % running.length];
    if (!chosen) throw new Error("no app is running");
    const all = { ...(jar.size > 0 ? { cookie: cookie() } : {}), ...headers, ...sent.headers };
    const answer = await send(chosen.port, path, { from: ip, ...sent, headers: all });
    for (const line of answer.headers["set-cookie"] ?? []) keep(line);
    seen?.(answer, path);
    return answer;
  }

  function keep(line: string): void {
    const [pair = ""] = line.split(";", 1);
    const at = pair.indexOf("=");
    const isGone = /max-age=0|expires=thu, 01 jan 1970/i.test(line);
    if (isGone) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }

  const told = (answer: Answer): Called => ({ ...answer, ...toldBy(answer) });

  return {
    jar,
    cookie,
    /** Any request, with this browser's cookies; those it sets are kept. */
    go,
    /** A mutation, as our own page sends it. */
    async call(procedure: string, input: unknown = {}, more: Lines = {}): Promise<Called> {
      const headers = { ...asOurPage(), ...more };
      return told(await go(`/api/trpc/${procedure}`, { method: "POST", headers, body: JSON.stringify(input) }));
    },
    /** A query, as our own page sends it. */
    async ask(procedure: string, input?: unknown): Promise<Called> {
      const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return told(await go(`/api/trpc/${procedure}${query}`));
    },
  };
}

function toldBy({ body }: Answer): Told {
  try {
    const parsed = JSON.parse(body);
    const error = parsed.error?.data;
    return error ? { reason: error.reason ?? error.code, error } : { data: parsed.result?.data };
  } catch {
    return {};
  }
}
