// The peer: better-auth's sign-in by email code at its fastest. No limits, no queue: a mail is an entry in a map.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { emailOTP } from "better-auth/plugins";
import pg from "pg";
import { answer } from "../answer.mjs";

const { PORT = "", PEER_DATABASE_URL = "", APP_SECRET = "" } = process.env;

/** The last code of each address. */
const mailbox = new Map();
const pool = new pg.Pool({ connectionString: PEER_DATABASE_URL, max: 20 });
const auth = betterAuth({
  database: pool,
  secret: APP_SECRET,
  baseURL: `http://127.0.0.1:${PORT}`,
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  advanced: { disableCSRFCheck: true },
  plugins: [
    emailOTP({
      sendVerificationOTP: async ({ email, otp }) => {
        mailbox.set(email, otp);
      },
    }),
  ],
});
const migrations = await getMigrations(auth.options);
await migrations.runMigrations();

const handle = toNodeHandler(auth);
const server = createServer((req, res) => {
  const email = /^\/mailbox\?(.+)$/.exec(req.url ?? "")?.[1];
  if (!email) return handle(req, res);
  res.end(mailbox.get(decodeURIComponent(email)) ?? "");
});
await new Promise((resolve) => server.listen(Number(PORT), "127.0.0.1", () => resolve(undefined)));
answer({ cpu: () => process.cpuUsage() }, async () => {
  server.closeAllConnections();
  server.close();
  await pool.end();
});
