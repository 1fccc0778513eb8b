/**
 * Next's hook at start. The front door (`scripts/server.mjs`) is plain JavaScript and Next compiles the typed half:
 * this publishes it, once. In development Next may run without the door; in production it then answers nothing.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { publishParts } = await import("./parts");
  await publishParts();
}
