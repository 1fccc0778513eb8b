import { afterAll, vi } from "vitest";

// Test files share their modules, because loading them takes longer than most tests do. Nothing else is shared.
afterAll(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
