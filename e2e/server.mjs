import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";

// `npm start` on an empty data directory, removed at the end: what a newcomer gets.
const dataDir = process.env.DATA_DIR;
if (!dataDir) throw new Error("DATA_DIR is unset");
await rm(dataDir, { recursive: true, force: true });
// Under root the database runs as another user, who has to pass through.
await mkdir(dataDir, { mode: 0o711 });
const app = spawn(process.execPath, ["scripts/start.mjs"], {
  stdio: "inherit",
  env: process.env,
});
for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) process.on(signal, () => app.kill(signal));
app.on("exit", async (code) => {
  await rm(dataDir, { recursive: true, force: true });
  process.exit(code ?? 1);
});
