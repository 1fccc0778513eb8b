/** @returns {Promise<string[]>} the short public names of the keys; new digests are made with the first */
export async function keyNames() {
  const { tsImport } = await import("tsx/esm/api");
  /** @type {typeof import("../../src/keys")} */
  const { keysFor } = await tsImport("../../src/keys.ts", import.meta.url);
  return keysFor("code digest").map(({ id }) => id);
}
