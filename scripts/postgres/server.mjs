import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fault } from "../fault.mjs";
import { bareEnvironment, commandLine, gone, signal } from "../processes.mjs";

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "128MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  // Statements, and the details of an error ("Key (email)=(…) already exists"), hold what no log should.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

// Committed work still survives a killed server, though not a power cut.
const FAST_SETTINGS = { fsync: "off", full_page_writes: "off" };

/** How PostgreSQL is told to stop, and how long (ms) it is waited for before the next, ruder way. */
const STOPS = /** @type {const} */ ([
  ["SIGINT", 15_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 5_000],
]);

/**
 * Starts the server as our child; resolves once it takes connections. Throws a Fault if it ends before.
 * @param {import("./cluster.mjs").Cluster} cluster
 * @param {{ port: number, fast: boolean }} options
 * @returns {Promise<{ pid: number, ended: Promise<unknown> }>} `ended` resolves when the server is gone
 */
export async function startServer({ directory, account, binaries }, { port, fast }) {
  const settings = { ...SETTINGS, ...(fast ? FAST_SETTINGS : {}) };
  const child = spawn(
    join(binaries, "bin/postgres"),
    [
      "-D",
      directory,
      "-p",
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    { ...account, cwd: "/", env: bareEnvironment, stdio: ["ignore", "inherit", "inherit"] },
  );
  let running = true;
  const ended = once(child, "exit").finally(() => {
    running = false;
  });
  ended.catch(() => {});
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  while (running) {
    const [recordedPid, , , , , , , status] = pidFileOf(directory);
    if (Number(recordedPid) === pid && status?.trim() === "ready") return { pid, ended };
    await sleep(10);
  }
  throw new Fault("PostgreSQL ended while it was starting.");
}

/**
 * Stops a server, our child or not.
 * @param {number} pid
 */
export async function stopServer(pid) {
  for (const [name, milliseconds] of STOPS) {
    signal(pid, name);
    if (await gone(pid, milliseconds)) return;
  }
  throw new Fault(`PostgreSQL (process ${pid}) does not stop.`);
}

/**
 * Stops what an earlier keeper, killed, has left running over this cluster, and clears the way for a new server.
 * @param {string} directory the cluster's
 */
export async function stopOrphans(directory) {
  const [recordedPid] = pidFileOf(directory);
  if (recordedPid) {
    const pid = Number(recordedPid);
    if (commandLine(pid).includes(` -D ${directory} `)) await stopServer(pid);
    // Left by a killed server; PostgreSQL would take a zombie, or whoever has its pid now, for that server.
    rmSync(join(directory, "postmaster.pid"), { force: true });
  }
  // Backends outlive a killed server until their statement ends, and no new one can start before.
  for (const pid of serverProcessesIn(directory)) {
    signal(pid, "SIGKILL");
    await gone(pid, 5_000);
  }
}

/**
 * @param {string} directory
 * @returns {number[]} the server's processes at work in it; none but on Linux
 */
function serverProcessesIn(directory) {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const program = basename(readlinkSync(`/proc/${pid}/exe`));
        return program.startsWith("postgres") && readlinkSync(`/proc/${pid}/cwd`) === directory;
      } catch {
        return false;
      }
    });
}

/**
 * @param {string} directory
 * @returns {string[]} the lines of postmaster.pid: pid, directory, start, port, socket, address, memory, status
 */
function pidFileOf(directory) {
  const file = join(directory, "postmaster.pid");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
}

/**
 * @param {number} [wanted]
 * @returns {Promise<number>} a port free on 127.0.0.1: the wanted one if possible
 */
export async function freePort(wanted = 0) {
  const server = createServer();
  try {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address ? address.port : wanted;
  } catch (error) {
    if (wanted) return freePort();
    throw error;
  } finally {
    server.close();
  }
}
