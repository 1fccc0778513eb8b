import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { bornAt, codeOf } from "../processes.mjs";

/**
 * Takes a lock file for as long as this process lives; one whose process is gone is taken over.
 * @param {string} file
 * @returns {(() => void) | undefined} gives the lock back; undefined when another process holds it
 */
export function takeLock(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${process.pid} ${bornAt(process.pid)}`, { mode: 0o600 });
  try {
    for (;;) {
      // Unlike a new file, a link has its content from the first moment on.
      if (link(draft, file)) return () => rmSync(file, { force: true });
      const holder = read(file);
      if (holder === undefined) continue;
      const [pid, born] = holder.split(" ");
      if (bornAt(Number(pid)) === born) return undefined;
      discard(file, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} stale its content
 */
function discard(file, stale) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  // Between our reading and our renaming another process may have discarded the stale lock and taken its own.
  if (read(aside) !== stale) link(aside, file);
  rmSync(aside, { force: true });
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {boolean} false if `to` is there already
 */
function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
