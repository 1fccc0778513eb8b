import { randomBytes } from "node:crypto";

const before = { ...process.env };

/**
 * The settings of a small local installation. Call it at top level, before anything else changes `process.env`: it
 * forgets what a test file before has set.
 */
export function testSettings(overrides: Record<string, string> = {}): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(globalThis, { latchkeyEnv: undefined });
  Object.assign(process.env, before, {
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    APP_SECRET: randomBytes(32).toString("base64url"),
    BASE_URL: "http://localhost:3000",
    DELIVERY: "inbox",
    JOBS: "off",
    LOG_LEVEL: "silent",
    ...overrides,
  });
}
