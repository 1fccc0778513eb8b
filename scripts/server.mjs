import { createServer, Server } from "node:http";
import next from "next";

/**
 * The untyped half of the front door: it owns the socket and the shutdown. The typed half, `src/front-door.ts`, handles
 * the requests. Next compiles it and `src/instrumentation.ts` hands it over.
 */

/** The longest time that a hanging job or connection can delay the shutdown, in milliseconds. */
const STOP_WITHIN = 9_500;

/**
 * Prepares Next, once. A second `prepare` would start Next again, and in development fail on its own lock.
 * @param {ReturnType<typeof next>} app
 * @returns {Promise<import("../src/door-parts.ts").Parts>} the typed half, which Next hands over while it starts
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
 * Starts the web server and the jobs, and prints where to go next.
 * @param {{ dev: boolean }} options
 * @returns {Promise<{ stop(): Promise<void> }>} rejects if the port is taken
 */
export async function serve({ dev }) {
  let draining = false;
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 65_000,
    // The front door checks Host itself, and its answers carry the security headers.
    requireHostHeader: false,
  });
  // src/env.ts has read and checked .env. Without this Next would also load .env.local and others.
  process.env.__NEXT_PROCESSED_ENV = "true";
  const port = Number(process.env.PORT || 3000);
  const hostname = process.env.HOST || "127.0.0.1";
  // Outside development Next gets a server that never listens, because its upgrade listener leaves sockets open.
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
    // The database is stopped next. Jobs that still run would log one error after another.
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
