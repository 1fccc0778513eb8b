import { createServer, Server } from "node:http";
import next from "next";

/**
 * The front door's plain shell: it owns the socket and the shutdown. What it does with a request is
 * typed and lives in `src/front-door.ts`, which Next compiles and `src/instrumentation.ts` hands over.
 */

/** A hanging job or connection may hold the shutdown up this long, in milliseconds. */
const STOP_WITHIN = 9_500;

/**
 * Prepares Next, once: a second `prepare` would start it again, and in development find its own lock.
 * @param {ReturnType<typeof next>} app
 * @returns {Promise<import("../src/door-parts.ts").Parts>} the typed half, handed over meanwhile
 */
async function prepare(app) {
  /** @type {import("../src/door-parts.ts").Parts | undefined} */
  let parts;
  globalThis.latchkeyDoor = {
    take(handed) {
      parts = handed;
    },
  };
  await app.prepare();
  if (!parts) throw new Error("Next started without src/instrumentation.ts");
  return parts;
}

/**
 * Starts web and jobs, and says where to go next.
 * @param {{ dev: boolean }} options
 * @returns {Promise<{ stop(): Promise<void> }>} rejects when the port is taken
 */
export async function serve({ dev }) {
  let draining = false;
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 65_000,
    // The door looks at Host itself, and answers with its headers.
    requireHostHeader: false,
  });
  // Our own reader has checked .env; Next would add .env.local and others behind its back.
  process.env.__NEXT_PROCESSED_ENV = "true";
  const port = Number(process.env.PORT || 3000);
  const hostname = process.env.HOST || "127.0.0.1";
  // Outside development Next gets a server that never listens: its own upgrade listener leaves sockets open.
  const app = next({ dev, hostname, port, httpServer: dev ? server : new Server() });
  const parts = await prepare(app);
  const env = parts.env();
  const listener = parts.createListener(app.getRequestHandler(), { dev });
  parts.answerInNodesPlace(server, (req, res) => {
    if (draining) res.setHeader("connection", "close");
    listener(req, res);
  });
  const jobs = env.jobs ? await parts.startJobs() : null;

  try {
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(env.port, env.host, () => resolve(undefined));
    });
  } catch (error) {
    // Else the jobs would go on asking a database that is stopped next, and say so at length.
    await jobs?.stop();
    await parts.closeDb();
    throw error;
  }
  sayWhereToGo(env);

  return {
    async stop() {
      if (draining) return;
      draining = true;
      const last = setTimeout(() => process.exit(1), STOP_WITHIN);
      const idle = setInterval(() => server.closeIdleConnections(), 100);
      const closed = new Promise((resolve) => server.close(resolve));
      if (dev) server.closeAllConnections(); // hot reload keeps one open
      await Promise.all([closed.then(() => app.close()), jobs?.stop()]);
      await parts.closeDb();
      clearInterval(idle);
      clearTimeout(last);
    },
  };
}

/** @param {import("../src/env.ts").Env} env */
function sayWhereToGo({ baseUrl, mail, appName, jobs, adminEmail }) {
  console.log(`\n  ${appName} is ready: ${baseUrl.origin}\n`);
  console.log(`  Sign up     ${baseUrl.origin}/signup`);
  if (mail === "inbox") console.log(`  Read codes  ${baseUrl.origin}/dev/inbox  (nothing leaves this machine)`);
  if (adminEmail) console.log("  Admin       ADMIN_EMAIL is invited by mail while there is no admin");
  else console.log("  Admin       sign up, then: npm run admin -- grant YOU@EXAMPLE.COM  (or set ADMIN_EMAIL)");
  if (!jobs) console.log("  JOBS=off    messages wait for `npm run worker`");
  console.log("  Stop        Ctrl-C\n");
}
