import { NextRequest } from "next/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { GET as health } from "./app/api/health/route";
import { GET as ready } from "./app/api/ready/route";
import { POST as mutation, GET as query } from "./app/api/trpc/[trpc]/route";
import { publishParts } from "./door-parts";
import { proxy } from "./proxy";
import { testSettings } from "./testing/settings";

testSettings({ JOBS: "on" });
const jobs = vi.hoisted(() => ({ startJobs: vi.fn() }));
vi.mock("./jobs/runner", () => jobs);

afterEach(() => {
  vi.unstubAllEnvs();
  delete globalThis.latchkeyDoor;
});

const asked = (path: string, init?: { method: string }) => new NextRequest(`http://evil.example${path}`, init);
// A host that runs Next itself may let a request reach any of these.
const ways: [string, () => Response | Promise<Response>][] = [
  ["the proxy, for a page", () => proxy(asked("/signin"))],
  ["the proxy, for the API", () => proxy(asked("/api/trpc/account.me"))],
  ["tRPC's route, a query", () => query(asked("/api/trpc/account.me"))],
  ["tRPC's route, a mutation", () => mutation(asked("/api/trpc/signIn.signOut", { method: "POST" }))],
  ["the health check", () => health()],
  ["the readiness check", () => ready()],
];

describe("Next without the front door, in production (THR-05)", () => {
  test.each(ways)("%s answers 503 and names npm start", async (_way, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("npm start");
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

test("the proxy sets a policy for a page behind the front door, and none for the API", () => {
  globalThis.latchkeyDoor = { take() {} };
  expect(proxy(asked("/signin")).headers.get("content-security-policy")).toMatch(/script-src 'nonce-/);
  expect(proxy(asked("/api/health")).headers.get("content-security-policy")).toBeNull();
  expect(health().status).toBe(200);
});

test("Next in development without the front door starts the jobs and answers", async () => {
  vi.stubEnv("NODE_ENV", "development");
  await publishParts();
  expect(jobs.startJobs).toHaveBeenCalledTimes(1);
  expect(health().status).toBe(200);
});
