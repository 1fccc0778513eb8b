/**
 * A statement as the app's driver was given it.
 * @typedef {object} Recorded
 * @property {string} text
 * @property {unknown[]} args
 * @property {boolean} prepare kept by the connection under a name, for the next time
 * @property {boolean} raw rows as arrays
 * @property {boolean} beside sent before the statement before it was answered
 * @property {unknown[][]} rows of the answer
 */

/** @typedef {import("postgres").PendingQuery<any[]> & { [key: string]: any }} Query */

/**
 * Records every statement that any client of the driver runs while a call is watched: `begin` and `commit` too.
 * @param {import("postgres").Sql} client any client of the driver
 */
export function recorder(client) {
  // A query that is not awaited is never sent. What it is an instance of is the driver's own class, which all
  // statements go through, in whatever way they were written.
  const { prototype } = /** @type {{ constructor: { prototype: Query } }} */ (client.unsafe("")).constructor;
  const { handle } = prototype;
  /** @type {Recorded[] | undefined} */
  let tape;
  let running = 0;

  prototype.handle = function () {
    if (tape && !this.executed) listen(this, tape);
    return handle.call(this);
  };

  /**
   * @param {Query} query
   * @param {Recorded[]} onto
   */
  function listen(query, onto) {
    if (query.strings.length !== 1)
      throw new Error(`A statement of several strings is not understood: ${query.strings}`);
    const { prepare = true } = query.options;
    /** @type {Recorded} */
    const recorded = {
      text: query.strings[0].trim(),
      args: [...query.args],
      prepare,
      raw: Boolean(query.isRaw),
      beside: running > 0,
      rows: [],
    };
    onto.push(recorded);
    running += 1;
    const { resolve, reject } = query;
    query.resolve = (/** @type {object[]} */ result) => {
      running -= 1;
      recorded.rows = [...result].map((row) => Object.values(row));
      resolve(result);
    };
    query.reject = (/** @type {unknown} */ error) => {
      running -= 1;
      reject(error);
    };
  }

  return {
    /**
     * @param {() => Promise<unknown>} call
     * @returns {Promise<Recorded[]>} what ran during it
     */
    async watch(call) {
      tape = [];
      try {
        await call();
        return tape;
      } finally {
        tape = undefined;
      }
    },
    stop() {
      prototype.handle = handle;
    },
  };
}
