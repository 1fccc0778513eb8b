import { ensureBuilt } from "../../scripts/ensure.mjs";

/** Builds once what is attacked: several processes at once would build it several times. */
export default function setup(): void {
  ensureBuilt();
}
