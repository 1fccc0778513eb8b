/**
 * The directories, servers and processes of a benchmark. They are given back in reverse order when it ends, whether by
 * itself, by an error or by a signal.
 * @typedef {ReturnType<typeof holding>} Holding
 */

/** @returns an empty stack */
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
     * Adds a resource that is being opened. If the end comes meanwhile, it waits for the opening, then gives it back.
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
      // While the end is under way nothing new may begin, so this never resolves. The process exits after the end.
      return opening.then((opened) => (releasing ? new Promise(() => {}) : opened));
    },
    /** Whether the end is under way. */
    ending: () => releasing !== undefined,
    /** Gives everything back. A second call waits for the first. */
    release: () => {
      releasing ??= releaseAll();
      return releasing;
    },
  };
}
