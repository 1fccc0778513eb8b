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

const UNIT = ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"];

/** Files that replace a module, or need one as it is when it is loaded: a transport, once chosen, is kept. */
const OWN_MODULES = [
  "src/alone.test.ts",
  "src/turns.test.ts",
  "src/delivery/*.test.ts",
  "src/delivery/transports/*.test.ts",
  "src/flows/delete-account.test.ts",
  "src/flows/sign-in.test.ts",
  "src/jobs/*.test.ts",
  "src/otp/{stores,verify}.test.ts",
];

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
          // Loading the modules takes longer than most files' tests: 65 s of a whole run, and 15 s shared.
          isolate: false,
          setupFiles: "src/testing/between-files.ts",
          // One more than a small machine has cores: tests wait for PostgreSQL, and for each other.
          maxWorkers: 3,
          include: UNIT,
          exclude: OWN_MODULES,
        },
      },
      {
        extends: true,
        test: { ...shared, name: "unit-isolated", maxWorkers: 3, include: OWN_MODULES },
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
