/**
 * Next's hook at start. Next compiles the front door's typed half, and this hands it to the plain half
 * (`scripts/server.mjs`). In development Next may run without the front door; in production it then refuses everything.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { publishParts } = await import("./door-parts");
  await publishParts();
}
