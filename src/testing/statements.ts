import { db } from "@/db/client";

type Query = { handle(): unknown; executed?: boolean; strings: readonly string[]; args: readonly unknown[] };

/** A statement as the driver was given it, and how many parameters it binds. */
type Statement = { text: string; bound: number };

/** Runs something, and returns the texts of the statements that the app sent to PostgreSQL, in order. */
export async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  return (await givenBy(run)).map(({ text }) => text);
}

/** Runs something and returns what a statement bound at most. */
export async function mostBoundBy(run: () => Promise<unknown>): Promise<number> {
  return Math.max(...(await givenBy(run)).map(({ bound }) => bound));
}

async function givenBy(run: () => Promise<unknown>): Promise<Statement[]> {
  // All statements are instances of one private class of the driver. A statement that is never awaited is never sent.
  const { prototype } = db().$client.unsafe("").constructor as unknown as { prototype: Query };
  const { handle } = prototype;
  const given: Statement[] = [];
  prototype.handle = function () {
    if (!this.executed) given.push({ text: this.strings.join("?").trim(), bound: this.args.length });
    return handle.call(this);
  };
  try {
    await run();
  } finally {
    prototype.handle = handle;
  }
  return given;
}
