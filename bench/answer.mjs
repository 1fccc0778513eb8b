/**
 * The child's side: answers calls by these functions until the parent is gone or wants no more.
 * @param {Record<string, (...args: any[]) => unknown>} functions
 * @param {() => Promise<void>} stop
 */
export function answer(functions, stop) {
  // A Ctrl-C reaches the whole terminal; when we end is for the parent to say.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => {});
  const end = () => void stop().finally(() => process.exit(0));
  if (!process.connected) return end();
  process.once("disconnect", end);
  process.on("message", async (/** @type {{ id: number, name: string, args: unknown[] }} */ { id, name, args }) => {
    try {
      process.send?.({ id, value: await functions[name]?.(...args) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? `${error.message}` : String(error) });
      console.error(error);
    }
  });
}
