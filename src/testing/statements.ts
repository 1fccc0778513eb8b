import { db } from "@/db/client";

type Query = { handle(): unknown; executed?: boolean; strings: readonly string[]; args: readonly unknown[] };

/** `bound`: how many parameters it binds. */
type Statement = { text: string; bound: number };

/** Returns the texts of the statements that `run` sends, in order. */
export async function statementsOf(run: () => Promise<unknown>): Promise<string[]> {
  return (await givenBy(run)).map(({ text }) => text);
}

/** Returns the most parameters that a statement of `run` binds. */
export async function mostBoundBy(run: () => Promise<unknown>): Promise<number> {
  return Math.max(...(await givenBy(run)).map(({ bound }) => bound));
}

async function givenBy(run: () => Promise<unknown>): Promise<Statement[]> {
  // All statements share one private class of the driver. One that is never awaited is never sent.
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
