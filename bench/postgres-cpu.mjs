import { readdirSync, readFileSync } from "node:fs";

// What /proc counts in, on every Linux.
const TICKS_A_SECOND = 100;

/**
 * @param {number} pid the server's first process
 * @returns {number} the processor time (ms) that PostgreSQL has used, all its processes together; NaN but on Linux
 */
export function postgresCpu(pid) {
  if (process.platform !== "linux") return Number.NaN;
  const server = times(pid);
  if (!server) return Number.NaN;
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => times(Number(name)))
    .filter((process) => process?.parent === pid);
  const ticks = children.reduce((sum, process) => sum + (process?.own ?? 0), server.own + server.ended);
  return (ticks / TICKS_A_SECOND) * 1000;
}

/** @param {number} pid */
function times(pid) {
  try {
    // The name in brackets may hold spaces and brackets itself; the fields after it begin with the state.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ")
      .map(Number);
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (i) => fields[i],
    );
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined; // gone meanwhile
  }
}
