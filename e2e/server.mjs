import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm start` on an empty data directory, removed at the end: what a newcomer gets.
const dataDir = await mkdtemp(join(tmpdir(), "latchkey-e2e-"));
await chmod(dataDir, 0o711); // under root the database runs as another user, who has to pass through
const app = spawn(process.execPath, ["scripts/start.mjs"], {
  stdio: "inherit",
  env: { ...process.env, DATA_DIR: dataDir },
});
for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) process.on(signal, () => app.kill(signal));
app.on("exit", async (code) => {
  await rm(dataDir, { recursive: true, force: true });
  process.exit(code ?? 1);
});
