/**
 * What a benchmark holds (directories, servers, processes) and gives back in reverse order at its end, whichever way
 * that comes.
 * @typedef {ReturnType<typeof holding>} Holding
 */

/** @returns a stack of what is to be given back */
export function holding() {
  /** @type {(() => Promise<void>)[]} */
  const stack = [];
  /** @type {Promise<void> | undefined} */
  let releasing;

  async function releaseAll() {
    for (let giveBack = stack.pop(); giveBack; giveBack = stack.pop())
      await giveBack().catch((error) => console.error(error));
    releasing = undefined;
  }

  return {
    /**
     * Holds what is being opened. It is given back even if the end comes while it opens: then it is waited for.
     * @template T
     * @param {Promise<T>} opening
     * @param {(opened: T) => Promise<unknown>} giveBack
     * @returns {Promise<T>}
     */
    hold(opening, giveBack) {
      stack.push(async () => {
        const opened = await opening.then(
          (thing) => ({ thing }),
          () => undefined,
        );
        if (opened) await giveBack(opened.thing);
      });
      // Nothing more begins while the end is under way: the process exits after it.
      return opening.then((opened) => (releasing ? new Promise(() => {}) : opened));
    },
    /** Whether the end is under way. */
    ending: () => releasing !== undefined,
    /** Gives everything back. Called again meanwhile, it waits for the same end. */
    release: () => {
      releasing ??= releaseAll();
      return releasing;
    },
  };
}
