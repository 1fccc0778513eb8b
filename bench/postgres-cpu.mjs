import { readdirSync, readFileSync } from "node:fs";

// The unit of the times in /proc, the same on every Linux.
const TICKS_A_SECOND = 100;

/**
 * @param {number} pid the server's first process
 * @returns {number} the processor time (ms) that all processes of PostgreSQL have used; NaN if this is not Linux
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
    // The name in brackets may itself contain spaces and brackets. The fields after it begin with the state.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ")
      .map(Number);
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (i) => fields[i],
    );
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined; // it has ended meanwhile
  }
}
