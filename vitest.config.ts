import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const shared = {
  globalSetup: "src/testing/global-setup.ts",
  pool: "forks",
  // Limits for what hangs, not for what is slow: a busy machine takes three times as long.
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

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
          include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
        },
      },
      {
        // The built app, attacked from outside.
        extends: true,
        test: {
          ...shared,
          name: "attacks",
          include: ["e2e/attacks/**/*.test.ts"],
          globalSetup: [shared.globalSetup, "e2e/attacks/build.ts"],
        },
      },
    ],
  },
});
