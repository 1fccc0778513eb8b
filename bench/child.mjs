import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { root } from "../scripts/ensure.mjs";
import { Fault } from "../scripts/fault.mjs";

const STOP_MS = 15_000;
const LINES = 20;

/**
 * A child process that answers calls. It ends when the benchmark's process ends, however that happens.
 * @typedef {Awaited<ReturnType<typeof startChild>>} Child
 */

/**
 * @param {string} file the program, which calls `answer` when it is ready
 * @param {{ env: NodeJS.ProcessEnv, node?: string[], log: string }} options `log` is the file for its output
 */
export async function startChild(file, { env, node = [], log }) {
  const output = openSync(log, "a");
  const child = fork(file, { cwd: root, env, execArgv: node, stdio: ["ignore", output, output, "ipc"] });
  closeSync(output);
  let stopping = false;
  let calls = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  child.on("message", (/** @type {{ id: number, value?: unknown, error?: string }} */ { id, value, error }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Fault(error));
  });
  const lastLines = () => readFileSync(log, "utf8").trimEnd().split("\n").slice(-LINES).join("\n");
  const exited = once(child, "exit");
  void exited.then(([status]) => {
    // After a stop the open calls are never answered. An error would only end the benchmark a second time.
    if (!stopping)
      for (const call of waiting.values()) call.reject(new Fault(`${file} has ended (${status}): ${lastLines()}`));
  });

  /**
   * @param {string} name
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  const call = (name, ...args) => {
    calls += 1;
    const id = calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ id, name, args }, (error) => error && !stopping && reject(error));
    });
  };

  return {
    call,
    /** The last lines of its output, which show what went wrong. */
    lastLines,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode) return;
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      if (child.connected) child.disconnect();
      await exited;
      clearTimeout(late);
    },
  };
}
