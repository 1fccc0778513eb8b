import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const shared = {
  globalSetup: "src/testing/global-setup.ts",
  pool: "forks",
  // Limits for what hangs, not for what is slow: a busy machine takes three times as long.
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

const attacks = { ...shared, globalSetup: [shared.globalSetup, "e2e/attacks/build.ts"] };

/** Attacks that would be told wrong by others beside them: they measure how long somebody waits while the app is flooded. */
const ALONE = ["e2e/attacks/hashing.test.ts"];

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "unit",
          // One more than a small machine has cores: tests wait for PostgreSQL, and for each other.
          maxWorkers: 3,
          include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
        },
      },
      {
        // The built app, attacked from outside. Three at once, because half of the time each waits.
        extends: true,
        test: {
          ...attacks,
          name: "attacks",
          include: ["e2e/attacks/**/*.test.ts"],
          exclude: ALONE,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Those that need both cores, after the others.
        extends: true,
        test: { ...attacks, name: "attacks-alone", include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
