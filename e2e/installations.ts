import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { startResendStandIn } from "@/testing/resend-stand-in";
import { ensureBuilt } from "../scripts/ensure.mjs";
import { provider, servers } from "./servers";

// All installations start at once: one after the other they would take twice as long.
ensureBuilt();
// The stand-in speaks Resend's API to the app; what it was sent is read at another port, as one reads a mailbox.
const { sent } = await startResendStandIn({ port: provider.port });
const apps = Object.values(servers).map(({ env }) =>
  spawn(process.execPath, ["e2e/server.mjs"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  }),
);
const stop = () => {
  for (const app of apps) app.kill("SIGTERM");
};
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
// Where one ends, all end.
const ended = Promise.all(apps.map((app) => once(app, "exit").then(stop)));
void ended.then(() => process.exit());

const isReady = (origin: string) =>
  fetch(`${origin}/api/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
for (const { origin } of Object.values(servers)) while (!(await isReady(origin))) await sleep(50);
// The mailbox is the last to open, and tells that all is ready.
createServer((_req, res) => {
  res.setHeader("content-type", "application/json").end(JSON.stringify(sent));
}).listen(provider.mailbox, "127.0.0.1");
