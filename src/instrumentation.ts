/** Next's hook at start. It hands the front door's compiled half to the plain one (`scripts/server.mjs`). */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { publishParts } = await import("./door-parts");
  await publishParts();
}
