import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { hashPassword } from "@/accounts/passwords";
import { account, freshEmail } from "@/testing/people";
import { stage } from "./stage";

const { apps, visitor } = stage();

const PASSWORD = "blue otter lamp chair";

/** The most memory that the app's process ever had, in MB; null where the system does not say. */
async function peak(): Promise<number | null> {
  const status = await readFile(`/proc/${apps[0]?.process.pid}/status`, "utf8").catch(() => "");
  const kilobytes = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}

test("300 sign-ins at once slow nobody else, take no memory, and are refused politely (PWD-07, DEL-04)", {
  timeout: 120_000, // a busy machine hashes slowly
}, async () => {
  const { email } = await account("live", { password: await hashPassword(PASSWORD) });
  const tries = (ip: string, identifier: string, password: string) =>
    visitor({ ip }).call("signIn.password", { identifier, password });
  await tries("127.6.9.1", freshEmail(), "wrong wrong wrong");
  const before = await peak();

  let flooding = true;
  const health = (async () => {
    const waits: number[] = [];
    for (const probe = visitor({ ip: "127.6.9.2" }); flooding; await sleep(10)) {
      const { status, milliseconds } = await probe.go("/api/health");
      expect(status).toBe(200);
      waits.push(milliseconds);
    }
    return waits.toSorted((a, b) => a - b);
  })();
  const start = performance.now();
  const flood = await Promise.all(
    Array.from({ length: 300 }, (_, at) => tries(`127.6.${at >> 8}.${at & 255}`, freshEmail(), "wrong wrong wrong")),
  );
  const took = performance.now() - start;
  flooding = false;
  const waits = await health;

  expect(waits.length).toBeGreaterThan(20);
  expect(waits[Math.floor(waits.length * 0.95)]).toBeLessThan(1000);
  const hashed = flood.filter(({ status }) => status === 401);
  const refused = flood.filter(({ status }) => status !== 401);
  // Two at work and sixty who wait, and whoever came just when one of them was done.
  expect(hashed.length).toBeGreaterThanOrEqual(62);
  expect(hashed.length).toBeLessThan(90);
  for (const { status, reason, headers, milliseconds } of refused) {
    expect([status, reason, headers["retry-after"]]).toEqual([429, "RATE_LIMITED", "5"]);
    // Told at once, rather than after the queue.
    expect(milliseconds).toBeLessThan(took / 2);
  }
  const after = await peak();
  if (before !== null && after !== null) expect(after - before).toBeLessThan(150);
  expect(await tries("127.6.9.3", email, PASSWORD)).toMatchObject({ status: 200 });
});
