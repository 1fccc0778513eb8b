/**
 * The child's side: answers the parent's calls with these functions, until the parent ends or disconnects.
 * @param {Record<string, (...args: any[]) => unknown>} functions
 * @param {() => Promise<void>} stop
 */
export function answer(functions, stop) {
  // The terminal sends Ctrl-C to this process too, but the parent decides when it ends.
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
