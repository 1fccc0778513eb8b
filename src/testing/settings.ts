import { randomBytes } from "node:crypto";

/**
 * The settings of a small local installation. Call it at top level, before the first `env()`: settings are read once.
 */
export function testSettings(overrides: Record<string, string> = {}): void {
  Object.assign(process.env, {
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
    APP_SECRET: randomBytes(32).toString("base64url"),
    BASE_URL: "http://localhost:3000",
    DELIVERY: "inbox",
    JOBS: "off",
    LOG_LEVEL: "silent",
    ...overrides,
  });
}
