/**
 * Next's hook at start. The front door (`scripts/server.mjs`) is plain JavaScript and Next compiles the typed half:
 * this publishes it, once. Where Next runs without the door, it starts the jobs itself.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { publishParts } = await import("./parts");
  await publishParts();
}
