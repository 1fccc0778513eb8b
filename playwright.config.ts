import { defineConfig, devices } from "playwright/test";
import { servers } from "./e2e/servers";

/** End to end, on the production build, in a real browser: the app with its inbox, and the app with a mail provider. */
export default defineConfig({
  testDir: "e2e",
  // The attacks are vitest's.
  testMatch: /\.spec\.ts$/,
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // One more than there are cores, because half of the time each waits.
  workers: 3,
  // Limits for what hangs, not for what is slow: two cores run the browser, two installations and their databases.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // A machine that stands still for seconds, or a browser that dies, is no fault of the app; one that is comes again.
  retries: 1,
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    actionTimeout: 15_000,
    // Traces of all tests take a quarter more time.
    trace: "on-first-retry",
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "inbox", use: { baseURL: servers.inbox.origin } },
    // What depends on how a message travels; each such test says so by its tag.
    { name: "resend", use: { baseURL: servers.resend.origin }, grep: /@mail/ },
  ],
  webServer: {
    command: "node --import tsx e2e/installations.ts",
    url: `${servers.resend.mailbox}/sent`,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
    // It may have to build the app first.
    timeout: 180_000,
  },
});
