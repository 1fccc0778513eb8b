import { db } from "@/db/client";

type Query = { handle(): unknown; executed?: boolean; strings: readonly string[] };

/** Runs something, and returns the texts of the statements that the app sent to PostgreSQL, in order. */
export async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  // All statements are instances of one private class of the driver. A statement that is never awaited is never sent.
  const { prototype } = db().$client.unsafe("").constructor as unknown as { prototype: Query };
  const { handle } = prototype;
  const texts: string[] = [];
  prototype.handle = function () {
    if (!this.executed) texts.push(this.strings.join("?").trim());
    return handle.call(this);
  };
  try {
    await run();
  } finally {
    prototype.handle = handle;
  }
  return texts;
}
