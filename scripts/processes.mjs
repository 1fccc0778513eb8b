import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The part of our environment that a child process gets. It contains no secret.
 * @type {NodeJS.ProcessEnv}
 */
export const bareEnvironment = { NODE_ENV: "production", PATH: process.env.PATH, LC_ALL: "C" };

/**
 * Identifies a process, so that a later one with the same pid is not taken for it: its start time and, on Linux, the
 * boot it belongs to.
 * @param {number} pid
 * @returns {string | undefined} undefined for a process that has ended, and for a zombie, which may never be reaped
 */
export function bornAt(pid) {
  return process.platform === "linux" ? bornAtByProc(pid) : bornAtByPs(pid);
}

/** @param {number} pid */
function bornAtByProc(pid) {
  try {
    // The name in brackets may itself contain spaces and brackets. The fields after it begin with the state.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${fields[19]}@${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}`;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function bornAtByPs(pid) {
  try {
    const [state, ...start] = ps(pid, "stat=,lstart=").split(/\s+/);
    return state?.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}

/**
 * @param {number} pid
 * @returns {string} the command line, arguments separated by spaces; empty if the process has ended
 */
export function commandLine(pid) {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      : ps(pid, "command=");
  } catch {
    return "";
  }
}

/**
 * @param {number} pid
 * @param {string} columns
 */
function ps(pid, columns) {
  return execFileSync("ps", ["-o", columns, "-p", String(pid)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

/**
 * Sends a signal. A process that has already ended is not an error.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

/**
 * @param {number} pid
 * @param {number} milliseconds how long to wait at most
 * @returns {Promise<boolean>} whether it has ended
 */
export async function gone(pid, milliseconds) {
  const deadline = Date.now() + milliseconds;
  while (bornAt(pid) !== undefined) {
    if (Date.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}

/**
 * @param {unknown} error
 * @returns {string | undefined} the code of a system or database error
 */
export function codeOf(error) {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
